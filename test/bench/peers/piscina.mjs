// The same work as a script over piscina, a pool of worker threads: a block of lines a task, buffers moved and not copied.
//
//   node piscina.mjs <workload> <input> <output> <threads>      after: npm run bench:peers
import { openSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writePieces } from "./lines.mjs";
import { Piscina } from "./piscina-package.mjs";

const [workload, input, output, threads] = process.argv.slice(2);
const filename = fileURLToPath(new URL("piscina-task.mjs", import.meta.url));
const pool = new Piscina({ filename, minThreads: Number(threads), maxThreads: Number(threads) });
const to = openSync(output, "w");

/** In the order of the input. Enough that no thread waits, few enough that memory stays flat. */
const running = [];
for (const bytes of blocksOfLines(input)) {
  running.push(pool.run({ workload, bytes }, { transferList: [bytes.buffer] }));
  if (running.length >= 4 * threads) writePieces(to, [await running.shift()]);
}
for (const result of running) writePieces(to, [await result]);
await pool.destroy();

function* blocksOfLines(path) {
  const from = openSync(path, "r");
  let rest = new Uint8Array(0);
  for (;;) {
    const block = new Uint8Array(rest.length + (1 << 20));
    block.set(rest);
    const got = readSync(from, block, rest.length, block.length - rest.length, null);
    const filled = rest.length + got;
    const border = got === 0 ? filled : block.lastIndexOf(10, filled - 1) + 1;
    rest = block.slice(border, filled);
    if (border > 0) yield block.subarray(0, border);
    if (got === 0) return;
  }
}
