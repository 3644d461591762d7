/**
 * Sinks: where committed output goes. Commits come in output order, one at a time.
 *
 * To a file, the workers write themselves: the coordinator only says where. To a stream, the bytes pass through.
 */

import { byteCount, trimPieces } from "../../bytes.ts";
import { InternalError, JobError, systemReason } from "../../errors.ts";
import type { OutputEnds } from "../../formats/format.ts";
import type { OutputFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { WorkerHandle } from "../workers/worker-handle.ts";

/** A batch's output: bytes that came along, or bytes that a worker keeps until it is told where they belong. */
export type BatchOutput =
  | { readonly tag: "here"; readonly pieces: readonly Uint8Array[] }
  | { readonly tag: "kept"; readonly handle: WorkerHandle; readonly id: number; readonly bytes: number };

/** What the journal keeps of a compressed output, beside what is written. */
export interface UnpackedTail {
  /** Bytes that are no whole block yet, each as one character. */
  readonly text: string;
  /** Whether nothing at all has been printed. */
  readonly empty: boolean;
}

export interface Sink {
  /**
   * Gives the output its final place. `again` makes the output anew, for when the worker that kept it has died.
   * Resolves when another commit may come; the bytes may still be on their way until `settled` or `finish`.
   */
  commit(output: BatchOutput, again: () => Promise<BatchOutput>): Promise<void> | undefined;
  /** Of a folder of parts: gives a file that the output is in already its place among them. */
  commitPart?(name: string, bytes: number): Promise<void> | undefined;
  /** Resolves when everything committed so far is written. */
  settled(): Promise<void>;
  /** Writes what comes after the last value. */
  finish(): Promise<void>;
  /** Bytes committed. */
  readonly position: number;
  /** Up to here everything has been written: after a failure there may be gaps behind it. */
  readonly wholeUpTo: number;
  /** Of an output that is compressed: what has been committed and, when all is settled, is not in it yet. */
  readonly unpacked?: UnpackedTail;
  /** Of an output whose columns have types: what they are, once they are known. */
  readonly columns?: readonly string[] | undefined;
  /** What these rows have to fit into; undefined where they are among those that say it. */
  columnsFor?(output: BatchOutput): Promise<readonly string[]> | undefined;
  /** Whether the columns surely take what a batch has found. */
  takeAll?(found: readonly string[]): boolean;
}

export interface OutputStream {
  /** Resolves when the bytes are out of our hands. Rejects with what the system says (EPIPE, ENOSPC). */
  write(pieces: readonly Uint8Array[]): Promise<void> | undefined;
}

/** Passes bytes on, to stdout or to whatever cannot be written at a position. */
export function createStreamSink(stream: OutputStream, ends: OutputEnds, text: TextCodec, isEmpty = true): Sink {
  let position = 0;
  let empty = isEmpty;

  return {
    get position() {
      return position;
    },
    get wholeUpTo() {
      return position;
    },
    settled: () => Promise.resolve(),
    commit(output, again) {
      if (output.tag === "here") return write(output.pieces);
      return again().then(write);
      function write(from: BatchOutput | readonly Uint8Array[]): Promise<void> | undefined {
        const pieces = "tag" in from ? (from.tag === "here" ? from.pieces : unreachable()) : from;
        const bytes = byteCount(pieces);
        if (bytes === 0) return undefined;
        const head = empty && ends.head !== "" ? [text.encode(ends.head)] : [];
        const body = trimPieces(pieces, empty ? ends.firstTrim : 0);
        empty = false;
        position += bytes;
        return stream.write([...head, ...body]);
      }
    },
    async finish() {
      const tail = empty ? ends.head + ends.emptyTail : ends.tail;
      if (tail !== "") await stream.write([text.encode(tail)]);
    },
  };
}

function unreachable(): never {
  throw new InternalError("an output has to be made again, and no worker keeps it");
}

export interface FileSinkOptions {
  readonly file: OutputFile;
  readonly name: string;
  readonly ends: OutputEnds;
  readonly text: TextCodec;
  /** Where the output begins (the file may have bytes already) and where it goes on, when it was resumed. */
  readonly begin: number;
  readonly resumeAt: number | undefined;
}

/** Grants positions of a regular file. */
export function createFileSink(options: FileSinkOptions): Sink {
  const { file, name, ends, text, begin } = options;
  let position = options.resumeAt ?? begin + text.byteLength(ends.head);
  let empty = position === begin + text.byteLength(ends.head);
  /** What is being written, and where. */
  const writing = new Map<Promise<void>, number>();
  let failure: unknown;
  let firstGap = Number.POSITIVE_INFINITY;
  if (options.resumeAt === undefined && ends.head !== "") put([text.encode(ends.head)], begin);

  return {
    get position() {
      return position;
    },
    get wholeUpTo() {
      return Math.min(position, firstGap, ...writing.values());
    },
    commit(output, again) {
      if (failure !== undefined) throw failure;
      const bytes = output.tag === "here" ? byteCount(output.pieces) : output.bytes;
      if (bytes === 0) return undefined;
      const trim = empty ? ends.firstTrim : 0;
      const at = position;
      empty = false;
      position += bytes - trim;
      if (output.tag === "here") {
        put(trimPieces(output.pieces, trim), at);
        return undefined;
      }
      const written = grant(output, at, trim, again).catch((error: unknown) => {
        failure ??= error;
        firstGap = Math.min(firstGap, at);
      });
      writing.set(written, at);
      // Detached: its failure is kept above, and thrown by the next commit or by `settled`.
      void written.then(() => writing.delete(written));
      return undefined;
    },
    settled,
    async finish() {
      await settled();
      const tail = empty ? ends.emptyTail : ends.tail;
      if (tail === "") return;
      const bytes = text.encode(tail);
      put([bytes], position);
      position += bytes.length;
    },
  };

  function put(pieces: readonly Uint8Array[], at: number): void {
    try {
      file.write(pieces, at);
    } catch (error) {
      firstGap = Math.min(firstGap, at);
      throw cannotWrite(name, (error as Error).message);
    }
  }

  async function settled(): Promise<void> {
    while (writing.size > 0) await Promise.all(writing.keys());
    if (failure !== undefined) throw failure;
  }

  async function grant(
    output: BatchOutput,
    at: number,
    trim: number,
    again: () => Promise<BatchOutput>,
  ): Promise<void> {
    let current = output;
    for (let ended = 0; ; ended++) {
      if (ended > MAX_ENDED) throw cannotWrite(name, `${ended} workers in a row have ended while they wrote it`);
      if (current.tag === "here") {
        put(trimPieces(current.pieces, trim), at);
        return;
      }
      const outcome = await current.handle.grant(current.id, at, trim);
      if (outcome.tag === "written") return;
      if (outcome.tag === "failed") throw cannotWrite(name, outcome.message);
      const bytes = current.bytes;
      current = await again();
      const now = current.tag === "here" ? byteCount(current.pieces) : current.bytes;
      // The place is fixed: what comes after it has been granted already.
      if (now !== bytes) throw notRepeatable(bytes, now);
    }
  }
}

/** Workers that end while they write the same place: beyond this number it is the writing that ends them (a limit on files' sizes). */
const MAX_ENDED = 5;

function cannotWrite(name: string, reason: string): JobError {
  return new JobError(`Cannot write "${name}": ${systemReason(reason)}`, { about: "output" });
}

function notRepeatable(before: number, now: number): JobError {
  return new JobError(
    `Cannot repeat a chunk: a worker died while writing ${before} bytes, and the script now makes ${now} of the same records\n` +
      "A script that gives the same output for the same record can be repeated; ctx.random() is repeatable, Math.random() is not",
  );
}
