/**
 * The grid: where chunks begin. A border depends on nothing but its offset, counted over all inputs, so that a file, a
 * pipe and several files with the same bytes are cut alike: a float sum has the same bits.
 *
 * Chunks are short at the start, so that a small input of slow records uses all cores, and grow with the offset: each
 * stretch that doubles the offset has the same number of chunks, until they have their full size.
 */

export interface Grid {
  /** Bytes (or numbers of a range) of the first chunks. */
  readonly least: number;
  /** How often chunks double their size. */
  readonly doublings: number;
  /** Chunks of each size but the last one. */
  readonly parts: number;
}

/** All chunks have the same size. */
export function evenGrid(size: number): Grid {
  return { least: size, doublings: 0, parts: 1 };
}

/** The chunk that holds an offset. */
export function chunkAt(
  { least, doublings, parts }: Grid,
  offset: number,
): { index: number; start: number; end: number } {
  let index = 0;
  let size = least;
  let begin = 0;
  // Where the stretch of this size ends: the next one begins there.
  let next = parts * least;
  for (let doubled = 0; offset >= next && doubled < doublings; doubled++) {
    index += parts;
    begin = next;
    if (doubled > 0) size *= 2;
    next *= 2;
  }
  const chunks = Math.floor((offset - begin) / size);
  const start = begin + chunks * size;
  return { index: index + chunks, start, end: start + size };
}

/** Where the first chunk begins that begins at an offset or behind it. */
export function nextBorder(grid: Grid, offset: number): number {
  const { start, end } = chunkAt(grid, offset);
  return start < offset ? end : offset;
}

/** Where the chunk with this index begins. */
export function chunkStart({ least, doublings, parts }: Grid, index: number): number {
  let left = index;
  let size = least;
  let begin = 0;
  for (let doubled = 0; left >= parts && doubled < doublings; doubled++) {
    left -= parts;
    begin = parts * least * 2 ** doubled;
    if (doubled > 0) size *= 2;
  }
  return begin + left * size;
}

/** Bytes (or numbers) of the largest chunks. */
export function mostOf({ least, doublings }: Grid): number {
  return least * 2 ** Math.max(0, doublings - 1);
}

/** How chunks can be told from each other in the output: not at all, one from the next, or merged as a tree. */
export type ChunkUse = "unseen" | "seen" | "merged";

export function chunkUse({
  reduces,
  chunkIsRecord,
}: {
  readonly reduces: boolean;
  readonly chunkIsRecord: boolean;
}): ChunkUse {
  if (reduces) return "merged";
  return chunkIsRecord ? "seen" : "unseen";
}
