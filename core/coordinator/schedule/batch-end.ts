/** Where batches end. */
import { type ChunkUse, chunkAt, chunkStart, type Grid } from "../../protocol/chunk-grid.ts";

export interface BatchEnds {
  readonly grid: Grid;
  readonly use: ChunkUse;
  readonly maxBatchBytes: number;
  /** Bytes (or numbers) of a batch while it is not known how long records take: those that wait for something take long. */
  readonly first?: number | undefined;
}

const FIRST_BYTES = 512;

/** What has been measured so far. */
export interface Pace {
  /** Whether records wait for something, so that a worker has time. */
  readonly asynchronous: boolean;
  /** Bytes (or numbers) that take as long as a batch should, and those of a record; 0 where that is not known. */
  readonly batchBytes: number;
  readonly recordBytes: number;
}

export const MAX_LEVEL = 12;
/** What is decoded in one go is shared by workers where it is worth more batches than this. */
const MOST_BATCHES = 16;

/**
 * Where a batch from `start` on ends, both on the grid: whole chunks of about `wanted` bytes, at least one; or a part of a chunk,
 * where these are not seen, and one would take too long.
 */
export function batchEnd(ends: BatchEnds, start: number, wanted: number, pace?: Pace): number {
  const { grid, use, maxBatchBytes } = ends;
  const most = start + Math.floor(Math.min(wanted, maxBatchBytes));
  const first = chunkAt(grid, start);
  if (use === "unseen" && pace !== undefined && start + pace.batchBytes < first.end)
    return Math.min(first.end, start + Math.max(sizeOrFirst(wanted, ends), Math.ceil(pace.recordBytes)));
  const last = chunkAt(grid, most);
  const count = Math.max(1, last.index - first.index);
  if (use !== "merged") return chunkStart(grid, first.index + count);
  let level = 0;
  while (level < MAX_LEVEL && 2 ** (level + 1) <= count && first.index % 2 ** (level + 1) === 0) level++;
  return chunkStart(grid, first.index + 2 ** level);
}

/** What is wanted, as whole bytes; where that is not known (0), little. */
export function sizeOrFirst(wanted: number, { first = FIRST_BYTES }: Pick<BatchEnds, "first">): number {
  return wanted > 0 ? Math.ceil(wanted) : first;
}

/**
 * Whether a batch should end with what is decoded in one go: else another worker decodes a part of it again. Not before it is known
 * what records take, and not where they are slow, or wait for something: these are spread over all workers.
 */
export function isWholeWorthIt(length: number, wanted: number, pace: Pace | undefined): boolean {
  return wanted > 0 && pace?.asynchronous !== true && length <= wanted * MOST_BATCHES;
}
