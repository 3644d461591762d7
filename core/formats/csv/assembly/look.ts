import { VECTOR } from "../../slots/assembly/vectors";
import { TEXT } from "../../slots/layout";
import { IS_WIDE, LINE_END, LINE_ENDS } from "../layout";

/** Finds out whether the text has bytes that are not ASCII, and how many lines end in it. */
export function look(length: i32): void {
  const end = TEXT + length;
  const lineEnd = load<u8>(LINE_END);
  const lineEnds = i8x16.splat(lineEnd);
  let wide = i8x16.splat(0);
  let lines = 0;
  let at = TEXT;
  for (; at + VECTOR <= end; at += VECTOR) {
    const bytes = v128.load(at);
    wide = v128.or(wide, bytes);
    lines += popcnt(i8x16.bitmask(i8x16.eq(bytes, lineEnds)));
  }
  let isWide = i8x16.bitmask(wide) !== 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte >= 128) isWide = true;
    if (byte === lineEnd) lines++;
  }
  store<i32>(IS_WIDE, isWide ? 1 : 0);
  store<i32>(LINE_ENDS, lines);
}
