/** Strings and bytes on Bun: Buffer, and a parser for many JSON lines at once. */
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { bufferText } from "../shared/buffer-codec.ts";
import { Bun } from "./bun.ts";
import { isTrustworthy, type ParseChunk, valuesOf } from "./lines-probe.ts";

/** Kept before a script can change it. Older ones have no such parser. */
const parseChunk: ParseChunk | undefined = Bun.JSONL?.parseChunk?.bind(Bun.JSONL);

export const bunText: TextCodec = {
  ...bufferText,
  indexOf: (bytes, byte, from) => bytes.indexOf(byte, from),
  ...(parseChunk === undefined ? {} : { parseLines }),
};

/** Whether the parser is as it should be: found out when it is first wanted. */
let trusted: boolean | undefined;

/** A quarter faster than a JSON.parse a line, and no string has to be made of the bytes. */
function parseLines(bytes: Uint8Array): unknown[] | undefined {
  trusted ??= isTrustworthy(parseChunk as ParseChunk);
  // Bun would skip a byte order mark wherever we have cut the input.
  if (!trusted || (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)) return undefined;
  return valuesOf(parseChunk as ParseChunk, bytes);
}
