/** Where a JSON value ends: it is looked at as closely as JSON.parse would, and nothing is made of it. An end of 0 is none. */

import { VECTOR } from "../../slots/assembly/vectors";
import { isFalse, isNull, isTrue } from "../../slots/assembly/words";

/** What is nested deeper is left to JSON.parse, which has no such limit. */
export const MOST_DEPTH: i32 = 64;

/** Of the string that has been read last: whether something in it is escaped, or else not ASCII. */
export let hasEscape: bool = false;
export let isWide: bool = false;

/** The value that begins here, inside of a number of others. */
export function valueEnd(at: i32, depth: i32): i32 {
  const code = load<u8>(at);
  if (code === 34) return stringEnd(at + 1);
  if (code <= 57) return numberEnd(code === 45 ? at + 1 : at);
  if (code === 116) return isTrue(at);
  if (code === 102) return isFalse(at);
  if (code === 110) return isNull(at);
  if (depth === MOST_DEPTH) return 0;
  if (code === 91) return arrayEnd(at + 1, depth + 1);
  return code === 123 ? objectEnd(at + 1, depth + 1) : 0;
}

/** @param from behind the quote */
export function stringEnd(from: i32): i32 {
  const bytes = v128.load(from);
  // With a sign: bytes that are not ASCII are negative.
  const found = i8x16.bitmask(v128.or(quotesAndSlashes(bytes), i8x16.lt_s(bytes, i8x16.splat(32))));
  if (found === 0) return longStringEnd(from);
  const at = from + ctz(found);
  if (load<u8>(at) !== 34) return longStringEnd(from);
  hasEscape = false;
  isWide = false;
  return at + 1;
}

function longStringEnd(from: i32): i32 {
  let isEscaped = false;
  let wide = 0;
  let at = from;
  while (true) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(v128.or(quotesAndSlashes(bytes), i8x16.lt_u(bytes, i8x16.splat(32))));
    const negative = i8x16.bitmask(bytes);
    if (found === 0) {
      wide |= negative;
      at += VECTOR;
      continue;
    }
    const place = ctz(found);
    wide |= negative & ((1 << place) - 1);
    at += place;
    const code = load<u8>(at);
    if (code === 34) break;
    if (code !== 92) return 0;
    isEscaped = true;
    at = escapeEnd(at + 1);
    if (at === 0) return 0;
  }
  hasEscape = isEscaped;
  isWide = wide !== 0;
  return at + 1;
}

function quotesAndSlashes(bytes: v128): v128 {
  return v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92)));
}

function escapeEnd(at: i32): i32 {
  const code = load<u8>(at);
  if (code === 117) {
    for (let i = 1; i <= 4; i++) if (!isHexDigit(load<u8>(at + i))) return 0;
    return at + 5;
  }
  const isOne =
    code === 34 ||
    code === 92 ||
    code === 47 ||
    code === 98 ||
    code === 102 ||
    code === 110 ||
    code === 114 ||
    code === 116;
  return isOne ? at + 1 : 0;
}

function isHexDigit(code: u8): bool {
  const letter = code | 32;
  return (code >= 48 && code <= 57) || (letter >= 97 && letter <= 102);
}

/** @param from behind the sign */
function numberEnd(from: i32): i32 {
  const whole = digitsEnd(from);
  if (whole === from || (whole > from + 1 && load<u8>(from) === 48)) return 0;
  if (load<u8>(whole) !== 46) return exponentEnd(whole);
  const end = digitsEnd(whole + 1);
  return end === whole + 1 ? 0 : exponentEnd(end);
}

/** @param from behind the digits: there may be an exponent */
export function exponentEnd(from: i32): i32 {
  if ((load<u8>(from) | 32) !== 101) return from;
  const sign = load<u8>(from + 1);
  const digits = sign === 43 || sign === 45 ? from + 2 : from + 1;
  const end = digitsEnd(digits);
  return end === digits ? 0 : end;
}

function digitsEnd(from: i32): i32 {
  let at = from;
  while (<u32>load<u8>(at) - 48 <= 9) at++;
  return at;
}

function arrayEnd(from: i32, depth: i32): i32 {
  let at = spaceEnd(from);
  if (load<u8>(at) === 93) return at + 1;
  while (true) {
    at = valueEnd(at, depth);
    if (at === 0) return 0;
    at = spaceEnd(at);
    const code = load<u8>(at);
    if (code === 93) return at + 1;
    if (code !== 44) return 0;
    at = spaceEnd(at + 1);
  }
}

function objectEnd(from: i32, depth: i32): i32 {
  let at = spaceEnd(from);
  if (load<u8>(at) === 125) return at + 1;
  while (true) {
    if (load<u8>(at) !== 34) return 0;
    at = stringEnd(at + 1);
    if (at === 0) return 0;
    at = spaceEnd(at);
    if (load<u8>(at) !== 58) return 0;
    at = valueEnd(spaceEnd(at + 1), depth);
    if (at === 0) return 0;
    at = spaceEnd(at);
    const code = load<u8>(at);
    if (code === 125) return at + 1;
    if (code !== 44) return 0;
    at = spaceEnd(at + 1);
  }
}

/** No line feed: that is the line's end. */
export function spaceEnd(from: i32): i32 {
  let at = from;
  let code = load<u8>(at);
  while (code === 32 || code === 9 || code === 13) code = load<u8>(++at);
  return at;
}
