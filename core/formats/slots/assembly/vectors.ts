/** Bytes that are looked at together. */
export const VECTOR: i32 = 16;

const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

/** The first ones of these bytes, up to all of them; the others are zero. */
export function firstOf(bytes: v128, count: i32): v128 {
  return v128.and(bytes, i8x16.lt_s(places, i8x16.splat(<i8>count)));
}
