/** Bytes that are looked at 64 at a time, as the bits of a word. */
import { VECTOR } from "../../slots/assembly/vectors";

export const BLOCK: i32 = 64;

/** Which of the bytes from `at` on are those of `wanted`. */
export function bitsOf(at: i32, wanted: v128): u64 {
  return (
    bitsOfVector(v128.load(at), wanted) |
    (bitsOfVector(v128.load(at, VECTOR), wanted) << 16) |
    (bitsOfVector(v128.load(at, 2 * VECTOR), wanted) << 32) |
    (bitsOfVector(v128.load(at, 3 * VECTOR), wanted) << 48)
  );
}

function bitsOfVector(bytes: v128, wanted: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(bytes, wanted));
}
