/** Where a record ends: as ../scanner.ts has it, of sources without `--comment` and `--trim`. */
import { TEXT } from "../../slots/layout";
import { BEFORE, COUNTS, DELIMITER, INSIDE, LINE_END, NO_BYTE, QUOTES } from "../layout";
import { BLOCK, bitsOf } from "./block";
import { endOfLine } from "./line-end";

/**
 * Goes on with the text, whose length is given.
 * @param least from which index on a record may end
 * @returns the index behind it, or -1 where none has ended
 */
export function recordEnd(length: i32, least: i32): i32 {
  const end = TEXT + length;
  const found = endOfRecord(TEXT, end, TEXT + least - 1);
  return found === end ? -1 : found + 1 - TEXT;
}

/** The state of the search: whether it is in quotes, whether the last run of quotes counts, and the byte before. */
let inside: bool = false;
let counts: bool = false;
let before: u8 = 0;

/** The line end that ends a record, from the address `least` on; `end` where there is none. */
function endOfRecord(from: i32, end: i32, least: i32): i32 {
  const quote = load<u8>(QUOTES);
  const lineEnd = load<u8>(LINE_END);
  const delimiter = load<u8>(DELIMITER);
  const quotes = i8x16.splat(quote);
  const lineEnds = i8x16.splat(lineEnd);
  const delimiters = i8x16.splat(delimiter);
  inside = load<i32>(INSIDE) !== 0;
  counts = load<i32>(COUNTS) !== 0;
  before = load<u8>(BEFORE);
  let found = end;
  for (let at = from; at < end && found === end; at += BLOCK) {
    // Of what comes behind the end nothing counts.
    const valid: u64 = at + BLOCK <= end ? -1 : ~((<u64>-1) << (end - at));
    const quoteBits = bitsOf(at, quotes) & valid;
    let ends: u64 = 0;
    if (at + BLOCK > least || quoteBits !== 0) ends = bitsOf(at, lineEnds) & valid;
    const place = endInBlock(at, quoteBits, ends, least, delimiters);
    if (place < end) found = place;
    else before = load<u8>(min(end, at + BLOCK) - 1);
  }
  store<i32>(INSIDE, found === end && inside ? 1 : 0);
  store<i32>(COUNTS, counts ? 1 : 0);
  store<i32>(BEFORE, found !== end ? lineEnd : before);
  return found;
}

/** What stands for a place: there is none. */
const NONE: i32 = i32.MAX_VALUE;

/**
 * The line end that ends a record in a block. All quotes are taken to count, which tells where the text is in quotes (Langdale and
 * Lemire, as in read-rows.ts). They do, if those that open a field follow on what they may: a delimiter, a line end, or a quote that
 * counts. Otherwise it is found out of one after the other.
 */
function endInBlock(at: i32, quoteBits: u64, lineEndBits: u64, least: i32, delimiters: v128): i32 {
  let ends = lineEndBits;
  if (least >= at + BLOCK) ends = 0;
  else if (least > at) ends &= (<u64>-1) << (least - at);
  if (quoteBits === 0) return inside || ends === 0 ? NONE : at + <i32>ctz(ends);
  const quote = load<u8>(QUOTES);
  const isRun = before === quote;
  const mayOpenFirst = isRun ? counts : before === load<u8>(LINE_END) || before === load<u8>(DELIMITER);
  const state: u64 = inside ? -1 : 0;
  const insideBits = parities(quoteBits) ^ state;
  const opening = quoteBits & ~((insideBits << 1) | (state & 1));
  const mayOpen = ((lineEndBits | quoteBits | bitsOf(at, delimiters)) << 1) | (mayOpenFirst ? 1 : 0);
  const isOdd = (isRun && !counts && (quoteBits & 1) !== 0) || (opening & ~mayOpen) !== 0;
  if (isOdd) return endByBits(at, quoteBits, ends);
  ends &= ~insideBits;
  if (ends !== 0) return at + <i32>ctz(ends);
  inside = insideBits >> 63 !== 0;
  counts = true;
  return NONE;
}

/** Of each bit, whether an odd number of bits is set up to it. */
function parities(bits: u64): u64 {
  let sums = bits;
  sums ^= sums << 1;
  sums ^= sums << 2;
  sums ^= sums << 4;
  sums ^= sums << 8;
  sums ^= sums << 16;
  return sums ^ (sums << 32);
}

/** The same, quote by quote. */
function endByBits(at: i32, quoteBits: u64, ends: u64): i32 {
  const quote = load<u8>(QUOTES);
  const lineEnd = load<u8>(LINE_END);
  const delimiter = load<u8>(DELIMITER);
  for (let bits = quoteBits | ends; bits !== 0; bits &= bits - 1) {
    const place = at + <i32>ctz(bits);
    if (load<u8>(place) === lineEnd) {
      if (!inside) return place;
      continue;
    }
    const last = place === at ? before : load<u8>(place - 1);
    if (last !== quote) counts = inside || last === delimiter || last === lineEnd;
    if (counts) inside = !inside;
  }
  return NONE;
}

/** The line end that ends the record that begins here, or `end`. */
export function endOfWholeRecord(at: i32, end: i32): i32 {
  if (load<i32>(QUOTES) === NO_BYTE) return endOfLine(at, load<u8>(LINE_END));
  store<i32>(INSIDE, 0);
  store<i32>(COUNTS, 0);
  store<i32>(BEFORE, load<u8>(LINE_END));
  return endOfRecord(at, end, at);
}
