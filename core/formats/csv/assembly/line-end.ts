/** A line end stands behind the text, so that no search goes beyond it. */
import { VECTOR } from "../../slots/assembly/vectors";

const RETURN: u8 = 13;

export function endOfLine(from: i32, lineEnd: u8): i32 {
  const lineEnds = i8x16.splat(lineEnd);
  let at = from;
  while (true) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), lineEnds));
    if (mask !== 0) return at + ctz(mask);
    at += VECTOR;
  }
}

export function endOfReturns(from: i32): i32 {
  let at = from;
  while (load<u8>(at) === RETURN) at++;
  return at;
}
