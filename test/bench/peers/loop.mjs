// The control: the best single-threaded loop that we could write by hand, without pmap.
//
//   node loop.mjs <workload> <input> <start> <end> <output>     both offsets at record borders
import { openSync, readSync } from "node:fs";
import { workloads } from "../workloads.mjs";
import { mapLines, writeAll } from "./lines.mjs";

const [workload, input, start, end, output] = process.argv.slice(2);
const map = workloads[workload];
const from = openSync(input, "r");
const to = openSync(output, "w");
const block = Buffer.allocUnsafe(1 << 20);

let kept = 0;
for (let at = Number(start); at < Number(end); ) {
  const got = readSync(from, block, kept, Math.min(block.length - kept, Number(end) - at), at);
  if (got === 0) throw new Error(`Cannot read "${input}" to ${end}: it ends at ${at}.`);
  at += got;
  const filled = kept + got;
  const border = at === Number(end) ? filled : block.lastIndexOf(10, filled - 1) + 1;
  writeAll(to, mapLines(block.toString("utf8", 0, border), map));
  block.copyWithin(0, border, filled);
  kept = filled - border;
}
