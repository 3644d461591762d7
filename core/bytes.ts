/** Bytes in pieces, as they came: joining them would copy them once more. */

export function byteCount(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}

/** One buffer out of many pieces; a single piece is returned as it is. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const joined = new Uint8Array(byteCount(pieces));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Where a byte comes first at or after `from`, or -1. */
export function indexInPieces(pieces: readonly Uint8Array[], byte: number, from: number): number {
  let at = 0;
  for (const piece of pieces) {
    if (at + piece.length > from) {
      const found = piece.indexOf(byte, Math.max(0, from - at));
      if (found !== -1) return at + found;
    }
    at += piece.length;
  }
  return -1;
}

/** The pieces without their first `trim` bytes. */
export function trimPieces(pieces: readonly Uint8Array[], trim: number): readonly Uint8Array[] {
  const [first, ...rest] = pieces;
  return trim === 0 || first === undefined ? pieces : [first.subarray(trim), ...rest];
}

/** Bytes [from, to) of pieces, without copying them. */
export function slicePieces(pieces: readonly Uint8Array[], from: number, to = Number.POSITIVE_INFINITY): Uint8Array[] {
  const slices: Uint8Array[] = [];
  let at = 0;
  for (const piece of pieces) {
    const start = Math.max(0, from - at);
    const end = Math.min(piece.length, to - at);
    if (end > start) slices.push(piece.subarray(start, end));
    at += piece.length;
  }
  return slices;
}
