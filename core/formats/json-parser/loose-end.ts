/**
 * Where a JSON value may end that is left to JSON.parse: a string with escapes, an object that no template knows, a number of many
 * digits. It is found without understanding the value: JSON.parse says whether it is one.
 *
 * Bytes have a sign, as in scanner.ts: those of text that is not ASCII are negative. No search goes beyond `last`, the last byte of
 * a piece. The position behind the value is returned as a negative number where it is not ASCII.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  LOWER_CASE,
  LOWER_E,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from "./ascii.ts";

/** The value has no end: it is none. */
export const ENDLESS = 0;

/** Behind the string that is being read at `at`. Also a line's end may stand behind a backslash. */
export function looseStringEnd(codes: Int8Array, at: number, last: number): number {
  let isWide = false;
  for (let end = at; end < last; end++) {
    const code = codes[end] as number;
    if (code === QUOTE) return isWide ? -(end + 1) : end + 1;
    if (code < 0) isWide = true;
    else if (code < SPACE) return ENDLESS;
    // What is escaped is no end of the string, but a line feed is that of the line.
    else if (code === BACKSLASH && (codes[++end] as number) < SPACE) return ENDLESS;
  }
  return ENDLESS;
}

/** Behind the object, or the array, that begins at `start`. */
export function nestedEnd(codes: Int8Array, start: number, last: number): number {
  let isWide = false;
  let depth = 0;
  for (let at = start; at < last; at++) {
    const code = codes[at] as number;
    if (code === QUOTE) {
      const end = looseStringEnd(codes, at + 1, last);
      if (end === ENDLESS) return ENDLESS;
      if (end < 0) isWide = true;
      at = Math.abs(end) - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (--depth === 0) return isWide ? -(at + 1) : at + 1;
    } else if (code < SPACE) return ENDLESS;
  }
  return ENDLESS;
}

/** Behind the number that is being read at `at`. */
export function looseNumberEnd(codes: Int8Array, at: number, last: number): number {
  for (let end = at; end < last; end++) {
    const code = codes[end] as number;
    const belongs = code >= ZERO ? code <= NINE || (code | LOWER_CASE) === LOWER_E : code === POINT || isSign(code);
    if (!belongs) return end;
  }
  return last;
}

function isSign(code: number): boolean {
  return code === PLUS || code === MINUS;
}
