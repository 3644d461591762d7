/**
 * JSON that is not one value a line, as JSON lines: every top-level value is a record, and of a top-level array every element.
 * Only strings and brackets are looked at, so that an element that is no JSON is one bad record. Each byte stays where it is, but
 * behind values that touch (`{}{}`) and behind commas without a value, which are bad records of their own.
 */
import { createLineIndex } from "./line-index.ts";

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const TAB = 9;
const LINE_FEED = 10;
const SPACE = 32;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Blanks between values end a line so often, in bytes: they do not become a record that is too long. */
const BLANK_BYTES = 4096;

export interface JsonValueSplitter {
  /** The next bytes of the input, with line ends between records and nowhere else. The given bytes are changed. */
  next(bytes: Uint8Array): Uint8Array;
  /** Where the value begins that has not ended; undefined between two. */
  readonly open: { readonly offset: number; readonly line: number } | undefined;
  /** The line of the input in which a record begins that has this offset in what `next` gives. Offsets only grow. */
  lineAt(offset: number): number;
}

export function createJsonValueSplitter(): JsonValueSplitter {
  const lines = createLineIndex();
  /** Brackets that are open; those of a top-level array do not count. */
  let depth = 0;
  let inArray = false;
  let inString = false;
  let escaped = false;
  /** Offset of the first byte that has not been looked at, and how many line ends have been put in before it. */
  let offset = 0;
  let inserted = 0;
  let line = 1;
  /** Where the value and the array begin that have not ended. */
  let begin: { offset: number; line: number } | undefined;
  let arrayBegin = { offset: 0, line: 1 };
  /** There is a value, or a part of one, behind the last line end that was put down. */
  let hasValue = false;
  /** A value at the top level has just ended: what touches it is another one. */
  let touches = false;
  /** A comma stands before: a value has to follow. */
  let wantsValue = false;
  /** Where line ends have to be put in: before these bytes. */
  let breaks: number[] = [];

  return {
    get open() {
      return begin ?? (inArray ? arrayBegin : undefined);
    },
    lineAt: lines.lineAt,
    next(bytes) {
      breaks = [];
      for (let at = 0; at < bytes.length; ) {
        if (inString || depth > 0) at = throughValue(bytes, at);
        else between(bytes, at++);
      }
      offset += bytes.length;
      return breaks.length === 0 ? bytes : withBreaks(bytes, breaks);
    },
  };

  /**
   * Through strings and brackets, up to behind the value's last byte. Nearly all bytes are looked at here, in two loops on local
   * variables: a state that is written to for every byte, or a call for every string, takes twice as long.
   */
  function throughValue(bytes: Uint8Array, from: number): number {
    const { length } = bytes;
    let open = depth;
    let isInString = inString;
    let at = escaped ? throughEscaped(bytes, from) : from;
    for (;;) {
      if (isInString) {
        while (at < length) {
          const byte = bytes[at++] as number;
          if (byte === QUOTE) {
            isInString = false;
            break;
          }
          if (byte === BACKSLASH) at = throughEscaped(bytes, at);
          else if (byte === LINE_FEED) endsInString(bytes, at - 1);
        }
        if (isInString || open === 0) break;
      }
      while (at < length) {
        const byte = bytes[at++] as number;
        if (byte === QUOTE) {
          isInString = true;
          break;
        }
        if (byte <= 13) {
          if (byte === LINE_FEED) line++;
          if (byte >= TAB) bytes[at - 1] = SPACE;
        } else if (isOpening(byte)) open++;
        else if (isClosing(byte) && --open === 0) break;
      }
      if (!isInString) break;
    }
    depth = open;
    inString = isInString;
    if (open === 0 && !isInString) endValue();
    return at;
  }

  /** Behind a backslash: whatever it is, it ends no string. */
  function throughEscaped(bytes: Uint8Array, at: number): number {
    escaped = at === bytes.length;
    if (escaped) return at;
    if (bytes[at] === LINE_FEED) endsInString(bytes, at);
    return at + 1;
  }

  /** No string has a line end in it, and it must not end the record: a tab is as wrong there. */
  function endsInString(bytes: Uint8Array, at: number): void {
    line++;
    bytes[at] = TAB;
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
    else if (hasValue || at % BLANK_BYTES === 0) endLine(bytes, at);
    else bytes[at] = SPACE;
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
    else if (isOpening(byte)) depth = 1;
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
    breaks.push(at);
    inserted++;
    lineBegins(at);
  }

  /** A comma or a bracket that stands where a value has to: a record that cannot be parsed. */
  function badMark(at: number): void {
    if (hasValue) breakBefore(at);
    lines.add(line);
    breakBefore(at + 1);
  }

  function lineBegins(at: number): void {
    lines.begin(offset + at + inserted);
    hasValue = false;
    begin = undefined;
  }
}

/** A bracket and the brace of its kind differ in one bit. */
function isOpening(byte: number): boolean {
  return (byte | SPACE) === OPEN_OBJECT;
}

function isClosing(byte: number): boolean {
  return (byte | SPACE) === CLOSE_OBJECT;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= 13);
}

function withBreaks(bytes: Uint8Array, breaks: readonly number[]): Uint8Array {
  const result = new Uint8Array(bytes.length + breaks.length);
  let from = 0;
  let to = 0;
  for (const at of breaks) {
    result.set(bytes.subarray(from, at), to);
    to += at - from;
    result[to++] = LINE_FEED;
    from = at;
  }
  result.set(bytes.subarray(from), to);
  return result;
}
