/**
 * Records of CSV: where each is, and the fields of it that are wanted. What is not written as it should be is left to JavaScript.
 *
 * Bytes that matter (delimiters, line ends, quotes) are found 64 at a time, as the bits of a word: see G. Langdale and D. Lemire,
 * "Parsing gigabytes of JSON per second", VLDB Journal 28, 2019.
 */
import { forgetCopies } from "../../slots/assembly/copies";
import { beginRecord, forgetStrings } from "../../slots/assembly/known-strings";
import { MOST_RECORDS, MOST_SLOTS, OWN, RECORD_COUNT, RECORDS, STOPPED_AT, TEXT } from "../../slots/layout";
import {
  COLUMN_BYTES,
  COLUMN_COUNT,
  COLUMN_IS_WANTED,
  COMMENT,
  DELIMITER,
  IS_TYPED,
  LINE_END,
  NO_BYTE,
  QUOTES,
  ROW_ENDS,
  SLOT_COUNT,
} from "../layout";
import { BLOCK, bitsOf } from "./block";
import { putPlain, putQuoted } from "./field";
import { endOfLine, endOfReturns } from "./line-end";
import { endOfWholeRecord } from "./record-end";

const RETURN: u8 = 13;
const SIGN: i32 = 1 << 31;
/** What a field is, as far as it has been read. */
const PLAIN: i32 = 0;
const OPEN: i32 = 1;
const CLOSED: i32 = 2;

/** Reads records from index `from` of the text on. A line end stands at `length`. */
export function readRows(from: i32, length: i32): void {
  forgetCopies();
  const end = TEXT + length;
  const delimiter = load<u8>(DELIMITER);
  const lineEnd = load<u8>(LINE_END);
  const quote = load<i32>(QUOTES);
  const comment = load<i32>(COMMENT);
  const slotsOfRow = load<i32>(SLOT_COUNT);
  const isTyped = load<i32>(IS_TYPED) !== 0;
  const lastColumn = OWN + (load<i32>(COLUMN_COUNT) - 1) * COLUMN_BYTES;
  const delimiters = i8x16.splat(delimiter);
  const lineEnds = i8x16.splat(lineEnd);
  const quotes = i8x16.splat(quote === NO_BYTE ? delimiter : <u8>quote);
  let at = TEXT + from;
  let rows = 0;
  let slots = 0;
  /** The next bytes that matter: bits of those that begin here. */
  let block = at - BLOCK;
  let bits: u64 = 0;
  /** All of those in the block, and quotes alone: in a field in quotes nothing else is looked at. */
  let allBits: u64 = 0;
  let quoteBits: u64 = 0;
  while (at < end) {
    const first = load<u8>(at);
    if (<i32>first === comment || first === lineEnd || first === RETURN) {
      const behind = <i32>first === comment ? endOfLine(at, lineEnd) : first === lineEnd ? at : endOfReturns(at);
      if (load<u8>(behind) === lineEnd) {
        at = behind + 1;
        block = at - BLOCK;
        bits = 0;
        continue;
      }
    }
    if (rows === MOST_RECORDS || slots + slotsOfRow > MOST_SLOTS) break;
    beginRecord();
    let rowEnd = 0;
    let slot = slots;
    let column = OWN;
    let field = at;
    let kind = PLAIN;
    let close = 0;
    let hasPair = false;
    while (true) {
      while (bits === 0 && block < end) {
        block += BLOCK;
        quoteBits = bitsOf(block, quotes);
        allBits = quoteBits | bitsOf(block, delimiters) | bitsOf(block, lineEnds);
        bits = kind === OPEN ? quoteBits : allBits;
      }
      if (bits === 0) break;
      const place = block + <i32>ctz(bits);
      bits &= bits - 1;
      const byte = load<u8>(place);
      if (kind === OPEN) {
        if (place >= end) break;
        const isPair = ((bits >> (place - block)) >> 1) & 1;
        if (isPair !== 0) {
          bits &= bits - 1;
          hasPair = true;
          continue;
        }
        // Where the second quote of a pair stands in the next block, that one opens the field again.
        close = place;
        kind = CLOSED;
        bits = allBits & ~(((<u64>2) << (place - block)) - 1);
        continue;
      }
      if (<i32>byte === quote) {
        if (kind === CLOSED) {
          if (place !== close + 1) break;
          hasPair = true;
        } else if (place !== field) continue;
        kind = OPEN;
        bits &= quoteBits;
        continue;
      }
      const isEnd = byte === lineEnd;
      if (isEnd !== (column === lastColumn)) break;
      if (kind === CLOSED && place !== close + 1 && (!isEnd || endOfReturns(close + 1) !== place)) break;
      if (load<i32>(column, COLUMN_IS_WANTED) !== 0) {
        if (kind === CLOSED) putQuoted(slot++, column, field + 1, close, hasPair);
        else putPlain(slot++, column, field, isEnd ? beforeReturns(field, place) : place, isTyped);
      }
      if (isEnd) {
        rowEnd = place;
        break;
      }
      column += COLUMN_BYTES;
      field = place + 1;
      kind = PLAIN;
      hasPair = false;
    }
    let odd = 0;
    if (rowEnd === 0) {
      forgetStrings(0);
      odd = SIGN;
      rowEnd = endOfWholeRecord(at, end);
      block = rowEnd + 1 - BLOCK;
      bits = 0;
    } else slots = slot;
    store<i32>(RECORDS + (rows << 2), at - TEXT);
    store<i32>(OWN + ROW_ENDS + (rows << 2), (beforeReturns(at, rowEnd) - TEXT) | odd);
    rows++;
    at = rowEnd + 1;
  }
  store<i32>(STOPPED_AT, min(at, end) - TEXT);
  store<i32>(RECORD_COUNT, rows);
}

/** Where carriage returns begin that stand before `to`. */
function beforeReturns(from: i32, to: i32): i32 {
  let at = to;
  while (at > from && load<u8>(at - 1) === RETURN) at--;
  return at;
}
