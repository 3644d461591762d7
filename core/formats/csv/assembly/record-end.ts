/** Where a record ends: as ../scanner.ts has it, of sources without `--comment` and `--trim`. */
import { VECTOR } from "../../slots/assembly/vectors";
import { TEXT } from "../../slots/layout";
import { BEFORE, COUNTS, DELIMITER, INSIDE, LINE_END, NO_BYTE, QUOTES } from "../layout";
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

/** The line end that ends a record, from the address `least` on; `end` where there is none. */
function endOfRecord(from: i32, end: i32, least: i32): i32 {
  const quote = load<u8>(QUOTES);
  const lineEnd = load<u8>(LINE_END);
  const delimiter = load<u8>(DELIMITER);
  const quotes = i8x16.splat(quote);
  const lineEnds = i8x16.splat(lineEnd);
  let inside = load<i32>(INSIDE) !== 0;
  let counts = load<i32>(COUNTS) !== 0;
  let at = from;
  let found = end;
  while (at < end) {
    const bytes = v128.load(at);
    let hits = i8x16.eq(bytes, quotes);
    // Up to there no line end is looked for.
    if (!inside && at + VECTOR > least) hits = v128.or(hits, i8x16.eq(bytes, lineEnds));
    const mask = i8x16.bitmask(hits);
    if (mask === 0) {
      at += VECTOR;
      continue;
    }
    at += ctz(mask);
    if (at >= end) break;
    if (load<u8>(at) === lineEnd) {
      if (at >= least) {
        found = at;
        break;
      }
      at++;
      continue;
    }
    const before = at === from ? <u8>load<i32>(BEFORE) : load<u8>(at - 1);
    if (before !== quote) counts = inside || before === delimiter || before === lineEnd;
    while (at < end && load<u8>(at) === quote) {
      if (counts) inside = !inside;
      at++;
    }
  }
  store<i32>(INSIDE, inside ? 1 : 0);
  store<i32>(COUNTS, counts ? 1 : 0);
  if (found !== end) store<i32>(BEFORE, lineEnd);
  else if (end > from) store<i32>(BEFORE, load<u8>(end - 1));
  return found;
}

/** The line end that ends the record that begins here, or `end`. */
export function endOfWholeRecord(at: i32, end: i32): i32 {
  if (load<i32>(QUOTES) === NO_BYTE) return endOfLine(at, load<u8>(LINE_END));
  store<i32>(INSIDE, 0);
  store<i32>(COUNTS, 0);
  store<i32>(BEFORE, load<u8>(LINE_END));
  return endOfRecord(at, end, at);
}
