// The control of the grouped reduce: a Map, by hand, single-threaded.
//
//   node group-loop.mjs <input> <output>
import { openSync, readSync } from "node:fs";
import { writeAll } from "./lines.mjs";

const [input, output] = process.argv.slice(2);
const from = openSync(input, "r");
const block = Buffer.allocUnsafe(1 << 20);
const sums = new Map();

let kept = 0;
for (;;) {
  const got = readSync(from, block, kept, block.length - kept, null);
  if (got === 0) break;
  const filled = kept + got;
  const border = block.lastIndexOf(10, filled - 1) + 1;
  addLines(block.toString("utf8", 0, border));
  block.copyWithin(0, border, filled);
  kept = filled - border;
}
const lines = [...sums.keys()].sort().map((key) => `${JSON.stringify({ key, value: sums.get(key) })}\n`);
writeAll(openSync(output, "w"), lines.join(""));

function addLines(text) {
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf("\n", at);
    const record = JSON.parse(text.slice(at, next));
    sums.set(record.group, (sums.get(record.group) ?? 0) + record.id);
    at = next + 1;
  }
}
