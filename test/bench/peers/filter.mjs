// The same work as a well-written filter, as one would give it to GNU parallel.
//
//   node filter.mjs <workload> < input > output
import { readSync } from "node:fs";
import { workloads } from "../workloads.mjs";
import { mapLines, writeAll } from "./lines.mjs";

const map = workloads[process.argv[2]];
const block = Buffer.allocUnsafe(1 << 20);

let kept = 0;
for (;;) {
  const got = readSync(0, block, kept, block.length - kept, null);
  const filled = kept + got;
  const border = got === 0 ? filled : block.lastIndexOf(10, filled - 1) + 1;
  writeAll(1, mapLines(block.toString("utf8", 0, border), map));
  if (got === 0) break;
  block.copyWithin(0, border, filled);
  kept = filled - border;
}
