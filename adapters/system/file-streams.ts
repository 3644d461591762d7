/** Files that are read once, in order, by us. */
import { createReadStream } from "node:fs";
import type { StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError } from "../../core/errors.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import { openInput } from "../shared/positional-files.ts";
import { uriOf } from "../shared/uri-files.ts";
import { fifoBytes, releaseAtEnd } from "./fifo.ts";
import { reasonOf } from "./file-errors.ts";

const STREAM_BYTES = 256 * 1024;

export interface StreamOptions {
  readonly start?: number;
  /** For messages; the path where it is not said. */
  readonly name?: string;
  /** Aborted when no more of it is wanted. */
  readonly ended?: AbortSignal | undefined;
}

/** A device, or a file that is read once, in order, by us. */
export function streamOf(path: string, { start = 0, name = path, ended }: StreamOptions = {}): StreamSource {
  return streamFrom(name, () => (uriOf(path) === undefined ? readFile(path, start, ended) : bytesOf(path, start)));
}

function readFile(path: string, start: number, ended: AbortSignal | undefined): AsyncIterator<Uint8Array> {
  const options = { highWaterMark: STREAM_BYTES, ...(start > 0 ? { start } : {}), ...(ended && { signal: ended }) };
  return createReadStream(path, options)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
}

async function* bytesOf(path: string, start: number): AsyncGenerator<Uint8Array> {
  const file = openInput(path);
  for (let at = start; ; ) {
    const bytes = new Uint8Array(STREAM_BYTES);
    const count = file.read(bytes, 0, bytes.length, at);
    if (count === 0) return;
    at += count;
    yield bytes.subarray(0, count);
  }
}

export function fifoOf(path: string, runtime: Runtime, ended?: AbortSignal): StreamSource {
  return streamFrom(path, () => {
    if (runtime.name === "node") return fifoBytes(path, ended);
    ended?.throwIfAborted();
    const stop = releaseAtEnd(path, ended);
    return afterFirst(readFile(path, 0, ended), stop);
  });
}

/** Calls `onFirst` when there is something to read, or the end. */
async function* afterFirst(bytes: AsyncIterator<Uint8Array>, onFirst: () => void): AsyncGenerator<Uint8Array> {
  for (let next = await bytes.next().finally(onFirst); !next.done; next = await bytes.next()) yield next.value;
}

function streamFrom(path: string, open: () => AsyncIterator<Uint8Array>): StreamSource {
  let bytes: AsyncIterator<Uint8Array> | undefined;
  return {
    kind: "stream",
    name: path,
    async read() {
      try {
        bytes ??= open();
        const { done, value } = await bytes.next();
        return done ? undefined : value;
      } catch (error) {
        throw new JobError(`Cannot read "${path}": ${reasonOf(error)}`, { about: "input" });
      }
    },
  };
}
