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
    const to = min(end, at + BLOCK);
    let place = at + BLOCK > end ? BY_BYTE : inBlock(at, least, quotes, lineEnds, delimiters);
    if (place === BY_BYTE) place = byByte(at, to, least);
    if (place < to) found = place;
  }
  store<i32>(INSIDE, inside ? 1 : 0);
  store<i32>(COUNTS, counts ? 1 : 0);
  store<i32>(BEFORE, found !== end ? lineEnd : before);
  return found;
}

/** What stands for a place: bytes have to be looked at one by one. */
const BY_BYTE: i32 = i32.MAX_VALUE;

/**
 * The line end that ends a record in the 64 bytes from `at` on, or what comes behind them. All quotes are taken to count, which tells
 * where the text is in quotes (Langdale and Lemire, as in read-rows.ts). They do, if those that open a field follow on what they may:
 * a delimiter, a line end, or a quote that counts.
 */
function inBlock(at: i32, least: i32, quotes: v128, lineEnds: v128, delimiters: v128): i32 {
  const quoteBits = bitsOf(at, quotes);
  const state: u64 = inside ? -1 : 0;
  if (quoteBits === 0 && (inside || at + BLOCK <= least)) {
    before = load<u8>(at + BLOCK - 1);
    return at + BLOCK;
  }
  const lineEndBits = bitsOf(at, lineEnds);
  const insideBits = parities(quoteBits) ^ state;
  if (quoteBits !== 0) {
    const quote = load<u8>(QUOTES);
    const mayOpen = lineEndBits | quoteBits | bitsOf(at, delimiters);
    const isRun = before === quote;
    if (isRun && !counts && (quoteBits & 1) !== 0) return BY_BYTE;
    const mayOpenFirst: u64 = isRun || before === load<u8>(LINE_END) || before === load<u8>(DELIMITER) ? 1 : 0;
    const opening = quoteBits & ~((insideBits << 1) | (state & 1));
    if ((opening & ~((mayOpen << 1) | mayOpenFirst)) !== 0) return BY_BYTE;
  }
  let ends = lineEndBits & ~insideBits;
  if (least >= at + BLOCK) ends = 0;
  else if (least > at) ends &= (<u64>-1) << (least - at);
  if (ends !== 0) {
    inside = false;
    return at + <i32>ctz(ends);
  }
  inside = insideBits >> 63 !== 0;
  before = load<u8>(at + BLOCK - 1);
  counts = quoteBits >> 63 !== 0;
  return at + BLOCK;
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

/** The same of [at, to), a byte at a time. */
function byByte(from: i32, to: i32, least: i32): i32 {
  const quote = load<u8>(QUOTES);
  const lineEnd = load<u8>(LINE_END);
  const delimiter = load<u8>(DELIMITER);
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at);
    if (byte === quote) {
      if (before !== quote) counts = inside || before === delimiter || before === lineEnd;
      if (counts) inside = !inside;
    } else if (byte === lineEnd && !inside && at >= least) return at;
    before = byte;
  }
  return to;
}

/** The line end that ends the record that begins here, or `end`. */
export function endOfWholeRecord(at: i32, end: i32): i32 {
  if (load<i32>(QUOTES) === NO_BYTE) return endOfLine(at, load<u8>(LINE_END));
  store<i32>(INSIDE, 0);
  store<i32>(COUNTS, 0);
  store<i32>(BEFORE, load<u8>(LINE_END));
  return endOfRecord(at, end, at);
}
