import { writeSync } from "node:fs";

/** What the hand-written contenders share: `map` on every line of `text`, which ends with a record's end. */
export function mapLines(text, map) {
  let out = "";
  for (let at = 0; at < text.length; ) {
    let next = text.indexOf("\n", at);
    if (next === -1) next = text.length;
    out += `${JSON.stringify(map(JSON.parse(text.slice(at, next))))}\n`;
    at = next + 1;
  }
  return out;
}

export function writeAll(file, text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
