/**
 * Where a JSON value ends that is not wanted: it is looked at as closely as JSON.parse would, and nothing is made of it.
 *
 * Bytes have a sign, as in scanner.ts: those of text that is not ASCII are negative. They are known to be UTF-8. Every scan moves
 * one byte at a time and ends at a control character, and the last byte of a window is one.
 */

import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  LOWER_A,
  LOWER_B,
  LOWER_CASE,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  RETURN,
  SLASH,
  SPACE,
  TAB,
  ZERO,
} from "./ascii.ts";

/** What is nested deeper is left to JSON.parse, which has no such limit. */
const MAX_DEPTH = 64;

export const TRUE = codesOf("true");
export const FALSE = codesOf("false");
export const NULL = codesOf("null");

function codesOf(text: string): Int8Array {
  return Int8Array.from(text, (character) => character.charCodeAt(0));
}

/** The position behind the value at `at`, or -1: it is none, or takes JSON.parse to tell. */
export function valueEnd(codes: Int8Array, at: number, depth = 0): number {
  const code = codes[at] as number;
  if (code === QUOTE) return stringEnd(codes, at + 1);
  if (code <= NINE) return numberEnd(codes, code === MINUS ? at + 1 : at);
  if (code === LOWER_T) return wordEnd(codes, at, TRUE);
  if (code === LOWER_F) return wordEnd(codes, at, FALSE);
  if (code === LOWER_N) return wordEnd(codes, at, NULL);
  if (depth === MAX_DEPTH) return -1;
  if (code === OPEN_BRACKET) return arrayEnd(codes, at + 1, depth + 1);
  return code === OPEN_BRACE ? objectEnd(codes, at + 1, depth + 1) : -1;
}

/** @param at behind the quote */
function stringEnd(codes: Int8Array, at: number): number {
  for (let end = at; ; end++) {
    const code = codes[end] as number;
    if (code === QUOTE) return end + 1;
    if (code < SPACE) {
      if (code >= 0) return -1;
    } else if (code === BACKSLASH) {
      end = escapeEnd(codes, end + 1);
      if (end === -1) return -1;
    }
  }
}

/** The last position of what is escaped at `at`, or -1. */
function escapeEnd(codes: Int8Array, at: number): number {
  switch (codes[at]) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
    case LOWER_B:
    case LOWER_F:
    case LOWER_N:
    case LOWER_R:
    case LOWER_T:
      return at;
    case LOWER_U:
      for (let i = 1; i <= 4; i++) if (!isHexDigit(codes[at + i] as number)) return -1;
      return at + 4;
    default:
      return -1;
  }
}

function isHexDigit(code: number): boolean {
  const letter = code | LOWER_CASE;
  return (code >= ZERO && code <= NINE) || (letter >= LOWER_A && letter <= LOWER_F);
}

/** @param start behind the sign */
function numberEnd(codes: Int8Array, start: number): number {
  const whole = digitsEnd(codes, start);
  if (whole === start || (whole > start + 1 && codes[start] === ZERO)) return -1;
  let end = whole;
  if (codes[end] === POINT) {
    end = digitsEnd(codes, whole + 1);
    if (end === whole + 1) return -1;
  }
  if (((codes[end] as number) | LOWER_CASE) !== LOWER_E) return end;
  const sign = codes[end + 1];
  const digits = sign === PLUS || sign === MINUS ? end + 2 : end + 1;
  const last = digitsEnd(codes, digits);
  return last === digits ? -1 : last;
}

function digitsEnd(codes: Int8Array, at: number): number {
  let end = at;
  while ((codes[end] as number) >= ZERO && (codes[end] as number) <= NINE) end++;
  return end;
}

function wordEnd(codes: Int8Array, at: number, word: Int8Array): number {
  for (let i = 0; i < word.length; i++) if (codes[at + i] !== word[i]) return -1;
  return at + word.length;
}

function arrayEnd(codes: Int8Array, at: number, depth: number): number {
  let end = spaceEnd(codes, at);
  if (codes[end] === CLOSE_BRACKET) return end + 1;
  for (;;) {
    end = valueEnd(codes, end, depth);
    if (end === -1) return -1;
    end = spaceEnd(codes, end);
    if (codes[end] === CLOSE_BRACKET) return end + 1;
    if (codes[end] !== COMMA) return -1;
    end = spaceEnd(codes, end + 1);
  }
}

function objectEnd(codes: Int8Array, at: number, depth: number): number {
  let end = spaceEnd(codes, at);
  if (codes[end] === CLOSE_BRACE) return end + 1;
  for (;;) {
    if (codes[end] !== QUOTE) return -1;
    end = stringEnd(codes, end + 1);
    if (end === -1) return -1;
    end = spaceEnd(codes, end);
    if (codes[end] !== COLON) return -1;
    end = valueEnd(codes, spaceEnd(codes, end + 1), depth);
    if (end === -1) return -1;
    end = spaceEnd(codes, end);
    if (codes[end] === CLOSE_BRACE) return end + 1;
    if (codes[end] !== COMMA) return -1;
    end = spaceEnd(codes, end + 1);
  }
}

/** No line feed: that is the line's end. */
function spaceEnd(codes: Int8Array, at: number): number {
  let end = at;
  while (codes[end] === SPACE || codes[end] === TAB || codes[end] === RETURN) end++;
  return end;
}
