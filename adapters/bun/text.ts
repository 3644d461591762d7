/** Strings and bytes on Bun: Buffer, and a parser for many JSON lines at once. */
import type { Text } from "../../core/text.ts";
import { bufferText } from "../buffer-text.ts";

export const bunText: Text = { ...bufferText, parseLines };

/** A quarter faster than a JSON.parse a line, and no string has to be made of the bytes. */
function parseLines(bytes: Uint8Array): readonly unknown[] {
  try {
    return Bun.JSONL.parse(bytes);
  } catch {
    // The very first line is not one value.
    return [];
  }
}
