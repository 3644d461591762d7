/** Values that are wanted: numbers are read here, of others it is said where they are. */

import { forgetCopies, nextCopy } from "../../slots/assembly/copies";
import { decimalOf } from "../../slots/assembly/decimal";
import { forgetStrings, knownString, newStrings } from "../../slots/assembly/known-strings";
import { isFalse, isNull, isTrue } from "../../slots/assembly/words";
import {
  ALL_SLOTS,
  ARRAY,
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
  MOST_SLOTS,
  NO_MORE,
  NUMBERS,
  PLACES,
  TEXT,
  WIDE,
  WRITTEN,
  WRITTEN_IN_ASCII,
} from "../../slots/layout";
import { NODE_STRINGS } from "../layout";
import { copyUnescaped, isCopyWide } from "./unescape";
import { exponentEnd, hasEscape, isWide, MOST_DEPTH, spaceEnd, stringEnd, valueEnd } from "./value-end";

/** An integer of as many digits has its place in 64 bits. */
const MOST_DIGITS: i32 = 19;

/** Of the value that has been read last, what goes to its slot. */
let foundPlace: i32 = 0;
let foundEnd: i32 = 0;
let foundNumber: f64 = 0;
/** Slots that are taken by elements, and those before them. */
let elements: i32 = MOST_SLOTS;

export function beginSlots(): void {
  elements = MOST_SLOTS;
  forgetCopies();
}

/** Puts the value that has been read last into a slot. */
export function putSlot(slot: i32): void {
  store<i32>(PLACES + (slot << 2), foundPlace);
  store<i32>(ENDS + (slot << 2), foundEnd);
  if (foundPlace === DOUBLE) store<f64>(NUMBERS + (slot << 3), foundNumber);
}

/** Reads the value that begins here, behind a node's text. Gives the address behind it, or 0: it is none, or takes JSON.parse to tell. */
export function readValue(node: i32, at: i32): i32 {
  const code = load<u8>(at);
  if (code === 34) return readString(node, at);
  if (code <= 57) return readNumber(at, code);
  if (code === 116) return readWord(isTrue(at), IS_TRUE);
  if (code === 102) return readWord(isFalse(at), IS_FALSE);
  if (code === 110) return readWord(isNull(at), IS_NULL);
  if (code === 91) {
    const first = elements;
    const strings = newStrings;
    const end = readArray(node, at + 1, 1);
    if (end !== 0) {
      foundPlace = first;
      foundEnd = ARRAY;
      return end;
    }
    elements = first;
    forgetStrings(strings);
  }
  return readWritten(at, valueEnd(at, 0), WRITTEN);
}

function readString(node: i32, at: i32): i32 {
  const end = stringEnd(at + 1);
  if (end === 0) return 0;
  if (hasEscape) return readEscaped(at, end);
  const place = at + 1 - TEXT;
  const length = end - at - 2;
  foundPlace = isWide ? 0 : knownString(node + NODE_STRINGS, at + 1, length);
  if (foundPlace !== 0) {
    foundEnd = (place << 4) | length;
    return end;
  }
  foundPlace = place;
  foundEnd = ((place + length) << KIND_BITS) | (isWide ? WIDE : ASCII);
  return end;
}

function readEscaped(at: i32, end: i32): i32 {
  const start = nextCopy;
  if (!copyUnescaped(at + 1, end - 1, isWide)) return readWritten(at, end, isWide ? WRITTEN : WRITTEN_IN_ASCII);
  foundPlace = start - TEXT;
  foundEnd = ((nextCopy - TEXT) << KIND_BITS) | (isCopyWide ? COPY : COPY_IN_ASCII);
  return end;
}

function readWord(end: i32, word: i32): i32 {
  foundPlace = word;
  return end;
}

function readWritten(at: i32, end: i32, kind: i32): i32 {
  foundPlace = at - TEXT;
  foundEnd = ((end - TEXT) << KIND_BITS) | kind;
  return end;
}

function readNumber(start: i32, first: u8): i32 {
  const from = first === 45 ? start + 1 : start;
  let at = from;
  let digits: u64 = 0;
  let digit: u32 = <u32>load<u8>(at) - 48;
  for (; digit <= 9; digit = <u32>load<u8>(++at) - 48) digits = digits * 10 + digit;
  const whole = at - from;
  if (whole === 0 || (whole > 1 && load<u8>(from) === 48)) return 0;
  let decimals = 0;
  if (load<u8>(at) === 46) {
    const point = at;
    digit = <u32>load<u8>(++at) - 48;
    for (; digit <= 9; digit = <u32>load<u8>(++at) - 48) digits = digits * 10 + digit;
    decimals = at - point - 1;
    if (decimals === 0) return 0;
  }
  if (whole + decimals > MOST_DIGITS || (load<u8>(at) | 32) === 101)
    return readWritten(start, exponentEnd(at), WRITTEN_IN_ASCII);
  if (decimals === 0 && digits <= <u64>MOST_INTEGER && (digits !== 0 || first !== 45)) {
    foundPlace = INTEGER;
    foundEnd = first === 45 ? -(<i32>digits) : <i32>digits;
    return at;
  }
  const size = decimalOf(digits, whole + decimals, decimals);
  foundPlace = DOUBLE;
  foundNumber = first === 45 ? -size : size;
  return at;
}

/** Puts the elements of an array into slots, one after the other. Gives 0 also where there is an object among them, or no room. */
function readArray(node: i32, from: i32, depth: i32): i32 {
  if (depth > MOST_DEPTH) return 0;
  let at = spaceEnd(from);
  if (load<u8>(at) !== 93) {
    while (true) {
      const code = load<u8>(at);
      if (code === 123 || elements + 2 > ALL_SLOTS) return 0;
      if (code === 91) {
        foundPlace = 0;
        foundEnd = ARRAY;
        putSlot(elements++);
        at = readArray(node, at + 1, depth + 1);
      } else {
        at = readValue(node, at);
        if (at !== 0) putSlot(elements++);
      }
      if (at === 0) return 0;
      at = spaceEnd(at);
      const next = load<u8>(at);
      if (next === 93) break;
      if (next !== 44) return 0;
      at = spaceEnd(at + 1);
    }
  }
  if (elements + 1 > ALL_SLOTS) return 0;
  foundPlace = NO_MORE;
  putSlot(elements++);
  return at + 1;
}
