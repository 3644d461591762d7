/** Strings and bytes on Bun: Buffer, and a parser for many JSON lines at once. */
import type { Text } from "../../core/text.ts";
import { bufferText } from "../buffer-text.ts";

// Older ones have no such parser.
const hasParser = typeof Bun.JSONL?.parseChunk === "function";

export const bunText: Text = hasParser ? { ...bufferText, parseLines } : bufferText;

/** A quarter faster than a JSON.parse a line, and no string has to be made of the bytes. */
function parseLines(bytes: Uint8Array): unknown[] | undefined {
  // Bun would skip a byte order mark wherever we have cut the input.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return undefined;
  const { values, done, error } = Bun.JSONL.parseChunk(bytes);
  return done && error === null ? values : undefined;
}
