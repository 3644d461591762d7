/**
 * JSON that is not one value a line, as JSON lines: every top-level value is a record, and of a top-level array every element.
 * Only strings and brackets are looked at, so that an element that is no JSON is one bad record. Each byte stays where it is, but
 * behind values that touch (`{}{}`) and behind commas without a value, which are bad records of their own.
 */
import { createLineIndex } from "./line-index.ts";
import { ValueText } from "./through-value.ts";

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;

/** What stands before the first byte: nothing, or no array; the bracket of one; or a comma in it. */
export type SplitterBegin = "outside" | "bracket" | "comma";

export interface JsonValueSplitter {
  /** The next bytes of the input, with line ends between records and nowhere else. The given bytes are changed. */
  next(bytes: Uint8Array): Uint8Array;
  /** Where the value, or the array, begins that lacks its end; undefined where there is none. A number or a word lacks none. */
  readonly open: { readonly offset: number; readonly line: number } | undefined;
  /** The line of the input in which a record begins that has this offset in what `next` gives. Offsets only grow. */
  lineAt(offset: number): number;
  /** Line feeds that have been passed. */
  readonly lineEnds: number;
  /** How many line ends have been put in before an offset in what `next` gives. */
  insertedBefore(offset: number): number;
}

export function createJsonValueSplitter(before: SplitterBegin = "outside"): JsonValueSplitter {
  const lines = createLineIndex();
  /** What is being looked at. Brackets of a top-level array do not count in it. */
  const text = new ValueText();
  let inArray = before !== "outside";
  let inString = false;
  let escaped = false;
  /** Whether brackets were open at the end of what has been given. */
  let inBrackets = false;
  /** Offset of the part that is being looked at, and where line ends have been put in, in what has been given. */
  let offset = 0;
  const inserted: number[] = [];
  let line = 1;
  /** Where the value and the array begin that have not ended. */
  let begin: { offset: number; line: number } | undefined;
  let arrayBegin = { offset: 0, line: 1 };
  /** There is a value, or a part of one, behind the last line end that was put down. */
  let hasValue = false;
  /** A value at the top level has just ended: what touches it is another one. */
  let touches = false;
  /** A comma stands before: a value has to follow. */
  let wantsValue = before === "comma";
  /** Where line ends have to be put in: before the bytes of the input at these offsets. */
  let breaks: number[] = [];

  return {
    get open() {
      if (inArray) return begin ?? arrayBegin;
      return inBrackets || inString ? begin : undefined;
    },
    lineAt: lines.lineAt,
    get lineEnds() {
      return line - 1;
    },
    insertedBefore: (end) => inserted.filter((at) => at < end).length,
    next(piece) {
      breaks = [];
      const pieceOffset = offset;
      text.each(piece, (bytes, partAt) => {
        for (let at = 0; at < bytes.length; ) {
          if (text.isInside) at = throughValue(bytes, at);
          else if (inString) at = throughString(bytes, at);
          else between(bytes, at++);
        }
        offset += bytes.length;
        inBrackets = text.isInside;
        piece.set(bytes, partAt);
        return false;
      });
      return breaks.length === 0 ? piece : withBreaks(piece, breaks, pieceOffset);
    },
  };

  /** Inside of brackets, up to behind the last one. */
  function throughValue(bytes: Uint8Array, at: number): number {
    const end = text.through(bytes, at);
    line += text.lineEnds();
    if (!text.isInside) endValue();
    return end;
  }

  /** A string that is a value of its own, up to behind its closing quote. */
  function throughString(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === LINE_FEED) {
        line++;
        // As inside of brackets.
        bytes[at] = TAB;
      }
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        inString = false;
        endValue();
        return at + 1;
      }
    }
    return bytes.length;
  }

  /** At the top level, or in its array. */
  function between(bytes: Uint8Array, at: number): void {
    const byte = bytes[at] as number;
    if (byte === LINE_FEED) line++;
    if (isBlank(byte)) blank(bytes, at);
    else if (byte === COMMA) comma(bytes, at);
    else if (byte === CLOSE_ARRAY && inArray) closeArray(bytes, at);
    else part(at, byte, bytes);
  }

  function blank(bytes: Uint8Array, at: number): void {
    if (inArray) bytes[at] = SPACE;
    else endLine(bytes, at);
    touches = false;
  }

  function comma(bytes: Uint8Array, at: number): void {
    touches = false;
    if (inArray && hasValue) endLine(bytes, at);
    else badMark(at);
    wantsValue = true;
  }

  function closeArray(bytes: Uint8Array, at: number): void {
    if (wantsValue && !hasValue) badMark(at);
    else endLine(bytes, at);
    inArray = false;
    touches = false;
  }

  function part(at: number, byte: number, bytes: Uint8Array): void {
    if (touches && !inArray) breakBefore(at);
    touches = false;
    if (byte === OPEN_ARRAY && !inArray) {
      endLine(bytes, at);
      inArray = true;
      wantsValue = false;
      arrayBegin = { offset: offset + at, line };
      return;
    }
    if (!hasValue) {
      hasValue = true;
      lines.add(line);
    }
    begin ??= { offset: offset + at, line };
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) text.enter();
  }

  function endValue(): void {
    begin = undefined;
    touches = true;
  }

  function endLine(bytes: Uint8Array, at: number): void {
    bytes[at] = LINE_FEED;
    lineBegins(at + 1);
  }

  function breakBefore(at: number): void {
    breaks.push(offset + at);
    inserted.push(offset + at + inserted.length);
    lineBegins(at);
  }

  /** A comma or a bracket that stands where a value has to: a record that cannot be parsed. */
  function badMark(at: number): void {
    if (hasValue) breakBefore(at);
    lines.add(line);
    breakBefore(at + 1);
  }

  function lineBegins(at: number): void {
    lines.begin(offset + at + inserted.length);
    hasValue = false;
    begin = undefined;
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === LINE_FEED || byte === RETURN;
}

/** @param base the offset of the first byte, where `breaks` are offsets */
function withBreaks(bytes: Uint8Array, breaks: readonly number[], base: number): Uint8Array {
  const result = new Uint8Array(bytes.length + breaks.length);
  let from = 0;
  let to = 0;
  for (const offset of breaks) {
    const at = offset - base;
    result.set(bytes.subarray(from, at), to);
    to += at - from;
    result[to++] = LINE_FEED;
    from = at;
  }
  result.set(bytes.subarray(from), to);
  return result;
}
