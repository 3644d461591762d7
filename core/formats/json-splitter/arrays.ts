/** Files that are JSON arrays: a pass goes ahead and finds where elements end, and workers read them, each its part. */
import { UsageError } from "../../errors.ts";
import type { Header, ScanInput } from "../format.ts";
import { ArrayScanner, beginBehind } from "./array-scanner.ts";

const LINE_FEED = 10;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;

export const arrays: ScanInput = {
  cut: "scan",
  codec: "json",
  separator: LINE_FEED,
  skipsBlank: true,
  createScanner: (_, __, before) => new ArrayScanner(before === undefined || beginBehind(before) !== "outside"),
  readHeader(bytes, { name }) {
    const header = headerOf(bytes);
    if (header === undefined) throw new UsageError(`Cannot read "${name}": it is no JSON array`, { about: "input" });
    return header;
  },
};

/**
 * Whether a file is one or more arrays, and nothing else, as far as its ends show: what stands between two arrays is read, too.
 * @param begin its first bytes, with an element among them, and `end` its last ones
 */
export function isArrays(begin: Uint8Array, end: Uint8Array): boolean {
  const header = headerOf(begin);
  const last = end.findLast((byte) => !isBlank(byte));
  const first = header && begin.subarray(header.end).find((byte) => !isBlank(byte));
  return first !== undefined && first !== CLOSE_ARRAY && last === CLOSE_ARRAY;
}

/** The array's bracket, and what is before it. */
function headerOf(bytes: Uint8Array): Header | undefined {
  let lines = 0;
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let at = mark; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === OPEN_ARRAY) return { dialect: { columns: [] }, end: at + 1, lines, warnings: [] };
    if (!isBlank(byte)) return undefined;
    if (byte === LINE_FEED) lines++;
  }
  return undefined;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === LINE_FEED || byte === 13;
}
