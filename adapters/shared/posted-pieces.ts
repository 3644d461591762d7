/** What a worker thread posts: the pieces of frames. What its script posts beside them is nothing to us. */

export function postedPieces(data: unknown): readonly Uint8Array[] {
  return Array.isArray(data) && data.every((piece) => piece instanceof Uint8Array) ? data : [];
}
