/** Files that are read once, in order, by us. */
import { createReadStream } from "node:fs";
import type { StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError } from "../../core/errors.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import { openInput } from "../shared/positional-files.ts";
import { uriOf } from "../shared/uri-files.ts";
import { fifoBytes } from "./fifo.ts";
import { reasonOf } from "./file-errors.ts";

const STREAM_BYTES = 256 * 1024;

/** A device, or a file that is read once, in order, by us. */
export function streamOf(path: string, start = 0, name = path): StreamSource {
  return streamFrom(name, () => {
    if (uriOf(path) !== undefined) return bytesOf(path, start);
    const stream = createReadStream(path, { highWaterMark: STREAM_BYTES, ...(start > 0 ? { start } : {}) });
    return stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  });
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

export function fifoOf(path: string, runtime: Runtime): StreamSource {
  return runtime.name === "node" ? streamFrom(path, () => fifoBytes(path)) : streamOf(path);
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
