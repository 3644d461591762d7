/** Elements of JSON arrays in a file, from any of them on: made lines, and read as lines are. */
import type { BytePlace, CodecTools, LineCodec, ScanBegin, ScanCodec } from "../codec.ts";
import type { Cursor } from "../cursor.ts";
import { ParsedCursor } from "../parsed-cursor.ts";
import { TextCursor } from "../text-cursor.ts";
import { utf8Text } from "../utf8-text.ts";
import { ArrayScanner, beginBehind, CLOSE_ARRAY, COMMA, isBlank } from "./array-scanner.ts";
import { ElementCursor } from "./element-cursor.ts";
import { ElementLines } from "./element-lines.ts";
import { createJsonValueSplitter, type SplitterBegin } from "./splitter.ts";

/** @param lines what reads JSON lines */
export function arrayCodec(lines: LineCodec): ScanCodec {
  return {
    cut: "scan",
    needsUtf8: true,
    createScanner({ before }) {
      const made = new ElementLines();
      const scanner = new ArrayScanner(beginBehind(before) !== "outside", made);
      return { next: (...where) => scanner.next(...where), takeMade: () => made.take() };
    },
    lineEnd: () => lines.separator,
    windowBytes: 16 * 1024,
    createOpen(tools) {
      const parseLines = lines.createParseLines?.(tools);
      return (source, base, { before, made }) => {
        const split = made ? { ...made, insertedBefore: NOTHING_INSERTED } : valuesAsLines(source, beginBehind(before));
        const inner = linesOf(split.bytes, base, parseLines?.(split.bytes), tools);
        return inner && new ElementCursor(inner, { ...split, source, base });
      };
    },
    recordIn: valueIn,
    whenTooLong: "",
  };

  function linesOf(
    bytes: Uint8Array,
    base: number,
    values: unknown[] | undefined,
    tools: CodecTools,
  ): Cursor | undefined {
    if (values !== undefined) return new ParsedCursor(values, bytes, base, tools.text);
    const decoded = utf8Text(bytes, tools.text);
    return decoded === undefined ? undefined : new TextCursor(decoded, base, lines, tools.text);
  }
}

/** Without blanks around it, and without the comma or bracket behind it where it stands in an array. */
function valueIn(bytes: Uint8Array, { before }: ScanBegin): BytePlace {
  const from = bytes.findIndex((byte) => !isBlank(byte));
  if (from === -1) return { from: 0, to: bytes.length };
  const last = bytes.findLastIndex((byte) => !isBlank(byte));
  const isElement = beginBehind(before) !== "outside" && (bytes[last] === COMMA || bytes[last] === CLOSE_ARRAY);
  if (!isElement) return { from, to: last + 1 };
  return { from, to: Math.max(from, bytes.subarray(0, last).findLastIndex((byte) => !isBlank(byte)) + 1) };
}

/** JSON lines, and how many line ends have been put into them before an offset. */
interface Split {
  readonly bytes: Uint8Array;
  readonly insertedBefore: (offset: number) => number;
}

const NOTHING_INSERTED = () => 0;

function valuesAsLines(source: Uint8Array, begin: SplitterBegin): Split {
  const splitter = createJsonValueSplitter(begin);
  return { bytes: splitter.next(source.slice()), insertedBefore: splitter.insertedBefore };
}
