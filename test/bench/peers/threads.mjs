// The same work on worker threads, without a library: a thread that is free takes the next block of the file, reads it, and hands its
// output over without copying it; the main thread puts outputs in order.
//
//   node threads.mjs <workload> <input> <output> <threads>
import { openSync, readSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { workloads } from "../workloads.mjs";
import { mapBytes, writePieces } from "./lines.mjs";

const BLOCK_BYTES = 1 << 20;
/** A line that starts in a block may end this far behind it. */
const MARGIN_BYTES = 1 << 16;

if (isMainThread) main(...process.argv.slice(2));
else work(workerData);

function main(workload, input, output, threads) {
  const to = openSync(output, "w");
  const nextBlock = new Int32Array(new SharedArrayBuffer(4));
  const waiting = new Map();
  let written = 0;
  for (let i = 0; i < Number(threads); i++) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { workload, input, nextBlock } });
    worker.on("error", (error) => {
      throw error;
    });
    worker.on("message", ({ block, bytes }) => {
      waiting.set(block, bytes);
      for (; waiting.has(written); written++) {
        writePieces(to, [waiting.get(written)]);
        waiting.delete(written);
      }
    });
  }
}

function work({ workload, input, nextBlock }) {
  const map = workloads[workload];
  const from = openSync(input, "r");
  const { size } = statSync(input);
  // One byte before the block: whether a line starts at its first byte is seen in the byte before.
  const buffer = Buffer.allocUnsafe(1 + BLOCK_BYTES + MARGIN_BYTES);
  for (;;) {
    const block = Atomics.add(nextBlock, 0, 1);
    const start = block * BLOCK_BYTES;
    if (start >= size) return;
    const begin = Math.max(0, start - 1);
    const filled = readSync(from, buffer, 0, start - begin + BLOCK_BYTES + MARGIN_BYTES, begin);
    const first = start === 0 ? 0 : borderFrom(buffer, 0, filled);
    const end = borderFrom(buffer, start - begin + BLOCK_BYTES - 1, filled);
    const bytes = mapBytes(buffer.subarray(first, end), map);
    parentPort.postMessage({ block, bytes }, [bytes.buffer]);
  }
}

/** Behind the first newline at or after `at`. */
function borderFrom(buffer, at, filled) {
  const newline = buffer.indexOf(10, at);
  return newline === -1 || newline >= filled ? filled : newline + 1;
}
