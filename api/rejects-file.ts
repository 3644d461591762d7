/** The errors file: one JSON object a reject, in input order. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { isFifo, openFifo } from "../adapters/system/fifo.ts";
import { writeAtStart, writeInJob } from "../adapters/system/file-errors.ts";
import { statsOf } from "../adapters/system/file-stats.ts";
import type { PlacedReject } from "../core/coordinator/job/job.ts";

export interface RejectsFile {
  readonly bytes: number;
  write(rejects: readonly PlacedReject[]): undefined;
  close(): void;
}

/** Descriptors that we were given: what they stand for is not ours to empty. */
const DESCRIPTOR_NAME = /^\/dev\/(stdout|stderr|fd\/\d+)$|^\/proc\/self\/fd\/\d+$/;

export interface RejectsFileOptions {
  readonly path: string;
  /** The format of the input. */
  readonly from: string;
  /** How much of an interrupted run's file still counts. */
  readonly keptBytes: number | undefined;
  /** Ends the wait for the reader of a FIFO. */
  readonly ended: AbortSignal;
}

/** @throws {UsageError} when it cannot be written */
export async function createRejectsFile({ path, from, keptBytes, ended }: RejectsFileOptions): Promise<RejectsFile> {
  // A FIFO, a device, a process substitution: written from one end to the other.
  const isStream = DESCRIPTOR_NAME.test(path) || statsOf(path)?.isFile() === false;
  const flags = isStream ? "a" : keptBytes === undefined ? "w" : "r+";
  const fd = await writeAtStart(path, () => (isFifo(path) ? openFifo(path, ended) : openSync(path, flags)));
  let end = keptBytes ?? 0;
  if (!isStream) writeInJob(path, () => ftruncateSync(fd, end));
  return {
    get bytes() {
      return end;
    },
    write(rejects) {
      const lines = Buffer.from(rejects.map((reject) => `${JSON.stringify(entryOf(reject, from))}\n`).join(""));
      writeInJob(path, () => {
        for (let done = 0; done < lines.length; )
          done += writeSync(fd, lines, done, lines.length - done, isStream ? null : end + done);
      });
      end += lines.length;
    },
    close: () => closeSync(fd),
  };
}

function entryOf({ sourceName, line, failure }: PlacedReject, from: string): Record<string, unknown> {
  const { source, offset, kind, message, stack, raw, base64, cut, dialect, attempts, signal, exitCode, origin } =
    failure;
  return {
    source: sourceName,
    sourceIndex: origin === undefined ? source : origin.sourceIndex,
    line,
    offset,
    kind,
    message,
    stack,
    record: raw,
    base64: base64 ?? origin?.base64,
    cut: cut ?? origin?.cut,
    from: origin?.from ?? from,
    dialect: dialect ?? origin?.dialect,
    attempts,
    signal,
    exitCode,
  };
}
