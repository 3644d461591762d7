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

/** The same from bytes to bytes, in a buffer of its own that can be moved to another thread. */
export function mapBytes(bytes, map) {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return new TextEncoder().encode(mapLines(text, map));
}

export function writeAll(file, text) {
  writePieces(file, [Buffer.from(text)]);
}

export function writePieces(file, pieces) {
  for (const bytes of pieces) for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
