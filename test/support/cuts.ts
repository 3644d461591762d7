/** Cutting bytes anywhere: what every law about streams and ranges starts from. */
import fc from "fast-check";

/** A place in anything, as a fraction. Not `fc.double`: nearly all of its numbers are next to 0. */
export const place: fc.Arbitrary<number> = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000);

/** Places to cut at. */
export function cutsOf(most = 8): fc.Arbitrary<number[]> {
  return fc.array(place, { maxLength: most });
}

/** The bytes in pieces, some of them empty where two cuts meet. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const positions = cuts.map((cut) => Math.round(cut * bytes.length)).sort((a, b) => a - b);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const end of [...positions, bytes.length]) {
    pieces.push(bytes.slice(at, end));
    at = end;
  }
  return pieces;
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
