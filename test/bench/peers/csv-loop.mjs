// Two fields of CSV, by csv-parse in one thread.
//
//   node csv-loop.mjs <input> <output>
import { closeSync, createReadStream, openSync } from "node:fs";
import { parse } from "csv-parse";
import { writeAll } from "./lines.mjs";

const [input, output] = process.argv.slice(2);
const to = openSync(output, "w");
let lines = "";
for await (const { id, score } of createReadStream(input).pipe(parse({ columns: true }))) {
  lines += `${JSON.stringify({ id, score })}\n`;
  if (lines.length < 1 << 20) continue;
  writeAll(to, lines);
  lines = "";
}
writeAll(to, lines);
closeSync(to);
