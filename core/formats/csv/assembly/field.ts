/** Fields that are wanted, and their slots. */
import { copyTo, nextCopy } from "../../slots/assembly/copies";
import { decimalOf } from "../../slots/assembly/decimal";
import { knownString } from "../../slots/assembly/known-strings";
import { firstOf, VECTOR } from "../../slots/assembly/vectors";
import { isFalse, isTrue } from "../../slots/assembly/words";
import {
  ASCII,
  COPY,
  COPY_IN_ASCII,
  DOUBLE,
  ENDS,
  INTEGER,
  IS_FALSE,
  IS_NULL,
  IS_TRUE,
  KIND_BITS,
  MOST_INTEGER,
  NUMBERS,
  PLACES,
  TEXT,
  WIDE,
  WRITTEN,
  WRITTEN_IN_ASCII,
} from "../../slots/layout";
import { COLUMN_STRINGS, IS_WIDE, QUOTES } from "../layout";

/** A number of so many characters has no digit that a double loses. */
const MOST_OF_NUMBER: i32 = 15;

/** A field without quotes. */
export function putPlain(slot: i32, column: i32, from: i32, to: i32, isTyped: bool): void {
  if (!isTyped || !putTyped(slot, from, to)) putText(slot, column, from, to);
}

/**
 * A field in quotes: what stands between them.
 * @param hasPair that there are quotes in it, each of them doubled
 */
export function putQuoted(slot: i32, column: i32, from: i32, to: i32, hasPair: bool): void {
  if (hasPair) putCopy(slot, from, to);
  else putText(slot, column, from, to);
}

function putCopy(slot: i32, from: i32, to: i32): void {
  const start = nextCopy;
  copyTo(copySingled(from, to, start));
  putPlace(slot, start, nextCopy, isWide(start, nextCopy) ? COPY : COPY_IN_ASCII);
}

/**
 * Copies what stands between quotes, of which those within are doubled, with one in the place of each two.
 * @returns the end of the copy
 */
function copySingled(from: i32, to: i32, target: i32): i32 {
  const quotes = i8x16.splat(load<u8>(QUOTES));
  let at = from;
  let copied = target;
  while (true) {
    const bytes = v128.load(at);
    v128.store(copied, bytes);
    const mask = i8x16.bitmask(i8x16.eq(bytes, quotes));
    const count = mask === 0 ? VECTOR : ctz(mask) + 1;
    // The quote that ends the field is the last that is found.
    if (at + count > to) return copied + to - at;
    at += mask === 0 ? count : count + 1;
    copied += count;
  }
}

function putText(slot: i32, column: i32, from: i32, to: i32): void {
  const kind = isWide(from, to) ? WIDE : ASCII;
  const known = kind === WIDE ? 0 : knownString(column + COLUMN_STRINGS, from, to - from);
  if (known === 0) putPlace(slot, from, to, kind);
  else put(slot, known, ((from - TEXT) << 4) | (to - from));
}

function putPlace(slot: i32, from: i32, to: i32, kind: i32): void {
  put(slot, from - TEXT, ((to - TEXT) << KIND_BITS) | kind);
}

function put(slot: i32, place: i32, end: i32): void {
  store<i32>(PLACES + (slot << 2), place);
  store<i32>(ENDS + (slot << 2), end);
}

function isWide(from: i32, to: i32): bool {
  if (load<i32>(IS_WIDE) === 0) return false;
  let at = from;
  for (; at + VECTOR <= to; at += VECTOR) if (i8x16.bitmask(v128.load(at)) !== 0) return true;
  return i8x16.bitmask(firstOf(v128.load(at), to - at)) !== 0;
}

/** A number, a boolean or null, as ../parser.ts has it (`typed`); false where it is text. */
function putTyped(slot: i32, from: i32, to: i32): bool {
  const length = to - from;
  if (length === 0) return putWord(slot, IS_NULL);
  const first = load<u8>(from);
  if (first === 116) return length === 4 && isTrue(from) !== 0 && putWord(slot, IS_TRUE);
  if (first === 102) return length === 5 && isFalse(from) !== 0 && putWord(slot, IS_FALSE);
  if (first > 57 || (first < 48 && first !== 45)) return false;
  return putNumber(slot, from, to);
}

function putWord(slot: i32, word: i32): bool {
  store<i32>(PLACES + (slot << 2), word);
  return true;
}

/** One that is long, or has an exponent, is left to JavaScript. */
function putNumber(slot: i32, from: i32, to: i32): bool {
  const isNegative = load<u8>(from) === 45;
  const start = isNegative ? from + 1 : from;
  const wholeEnd = endOfDigits(start, to);
  if (wholeEnd === start || (wholeEnd > start + 1 && load<u8>(start) === 48)) return false;
  let end = wholeEnd;
  if (end < to && load<u8>(end) === 46) {
    end = endOfDigits(wholeEnd + 1, to);
    if (end === wholeEnd + 1) return false;
  }
  if (end < to && (load<u8>(end) | 32) !== 101) return false;
  if (end < to || to - from > MOST_OF_NUMBER) {
    putPlace(slot, from, to, isWide(from, to) ? WRITTEN : WRITTEN_IN_ASCII);
    return true;
  }
  let digits: u64 = 0;
  for (let at = start; at < end; at++) if (at !== wholeEnd) digits = digits * 10 + (load<u8>(at) - 48);
  if (end === wholeEnd && digits <= <u64>MOST_INTEGER && (digits !== 0 || !isNegative)) {
    put(slot, INTEGER, isNegative ? -(<i32>digits) : <i32>digits);
    return true;
  }
  const decimals = end === wholeEnd ? 0 : end - wholeEnd - 1;
  const size = decimalOf(digits, end - start - min(decimals, 1), decimals);
  store<i32>(PLACES + (slot << 2), DOUBLE);
  store<f64>(NUMBERS + (slot << 3), isNegative ? -size : size);
  return true;
}

function endOfDigits(from: i32, to: i32): i32 {
  let at = from;
  while (at < to && <u32>load<u8>(at) - 48 <= 9) at++;
  return at;
}
