/**
 * JSON that is not one value a line, as JSON lines: every top-level value is a record, and of a top-level array every element.
 * Only strings and brackets are looked at, so that an element that is no JSON is one bad record. But for values that touch
 * (`{}{}`) each byte stays where it is.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const LINE_FEED = 10;
const SPACE = 32;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export interface JsonValueSplitter {
  /** The next bytes of the input, with line ends between records and nowhere else. The given bytes are changed. */
  next(bytes: Uint8Array): Uint8Array;
  /** Where the value begins that cannot end here; undefined where the input may end. */
  readonly open: number | undefined;
}

export function createJsonValueSplitter(): JsonValueSplitter {
  /** Brackets that are open; those of a top-level array do not count. */
  let depth = 0;
  let inArray = false;
  let inString = false;
  let escaped = false;
  /** Offset of the first byte that has not been looked at, and of the value's or the array's beginning. */
  let offset = 0;
  let begin: number | undefined;
  let arrayBegin = 0;
  /** A value at the top level has just ended: what touches it is another one. */
  let touches = false;
  /** Something of a record is on the line: empty lines would count, and a record's line is its number. */
  let isOnLine = false;

  return {
    get open() {
      // A number, true, false or null may end with the input.
      return depth > 0 || inString ? begin : inArray ? (begin ?? arrayBegin) : undefined;
    },
    next(bytes) {
      /** Where a line end has to be put in. */
      const breaks: number[] = [];
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at] as number;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) {
            inString = false;
            if (depth === 0) endValue();
          }
          continue;
        }
        if (byte === SPACE || (byte >= 9 && byte <= 13)) {
          if (depth > 0 || inArray) bytes[at] = SPACE;
          else bytes[at] = endLine();
          touches = false;
          continue;
        }
        if (byte === COMMA && depth === 0) {
          bytes[at] = endLine();
          continue;
        }
        if (byte === CLOSE_ARRAY && depth === 0 && inArray) {
          bytes[at] = endLine();
          inArray = false;
          continue;
        }
        // A byte order mark is no record.
        if (byte >= 0x80 && offset + at < 3) continue;
        if (touches && !inArray && depth === 0) {
          breaks.push(at);
          isOnLine = false;
        }
        touches = false;
        if (byte === OPEN_ARRAY && depth === 0 && !inArray) {
          bytes[at] = endLine();
          inArray = true;
          arrayBegin = offset + at;
          continue;
        }
        begin ??= offset + at;
        isOnLine = true;
        if (byte === QUOTE) inString = true;
        else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
        else if ((byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) && depth > 0) {
          depth--;
          if (depth === 0) endValue();
        }
      }
      offset += bytes.length;
      return breaks.length === 0 ? bytes : withBreaks(bytes, breaks);
    },
  };

  /** What stands between two records: a line end, where there is a line to end. */
  function endLine(): number {
    begin = undefined;
    const end = isOnLine ? LINE_FEED : SPACE;
    isOnLine = false;
    return end;
  }

  function endValue(): void {
    begin = undefined;
    touches = true;
  }
}

function withBreaks(bytes: Uint8Array, breaks: readonly number[]): Uint8Array {
  const result = new Uint8Array(bytes.length + breaks.length);
  let from = 0;
  let to = 0;
  for (const at of [...breaks, bytes.length]) {
    result.set(bytes.subarray(from, at), to);
    to += at - from;
    if (to < result.length) result[to++] = LINE_FEED;
    from = at;
  }
  return result;
}
