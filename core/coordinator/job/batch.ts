/**
 * Splitting a batch: what a worker has done of it from what it leaves to others, and one assignment of that from the next.
 *
 * Where chunks can be seen in the output, a batch is split between chunks; elsewhere in front of any record.
 */
import { byteCount, indexInPieces, slicePieces } from "../../bytes.ts";
import type { Dialect } from "../../formats/format.ts";
import type { ChunkUse } from "../../protocol/chunk-grid.ts";
import { chunkAt, type Grid } from "../../protocol/chunk-grid.ts";
import type { Cut, MapRequest, Segment } from "../../protocol/messages.ts";

/** A place between two records. `at` is undefined at the start of a source. */
export interface PlanPosition {
  readonly source: number;
  readonly at?: number | undefined;
  /** What an offset in the source is on the grid, minus the offset. */
  readonly shift: number;
  /** Where the next record begins, where a byte alone does not tell. */
  readonly first?: number | undefined;
}

/** The bytes of a part of a stream, and the offset of the first. */
export interface Block {
  readonly start: number;
  readonly pieces: readonly Uint8Array[];
  /** Lines between the block before and this one: those of the rest of a record that was too long. */
  readonly linesBefore?: number | undefined;
}

export interface Batch {
  /** Where the plan goes on behind this batch. */
  readonly next: PlanPosition;
  readonly segments: readonly Segment[];
  /** The bytes themselves, where the source is a stream. */
  readonly block: Block | undefined;
  readonly bytes: number;
  /** Of a stream: how it is written, where its beginning says that. */
  readonly dialect?: Dialect | undefined;
  /** As in a request. */
  readonly columns?: readonly string[] | undefined;
  readonly poisoned?: MapRequest["poisoned"] | undefined;
}

/**
 * What stands before the cut, and what stands behind it.
 * @param separator the byte that ends a record: of a stream, a record that begins before the cut goes with what is before
 */
export function splitBatch(
  batch: Batch,
  { segment, at, first }: Cut,
  separator: number,
): readonly [head: Batch, rest: Batch] {
  const cut = batch.segments[segment] as Segment;
  const whole = batch.segments.slice(0, segment);
  const before = at > cut.start ? [...whole, { ...cut, end: at }] : whole;
  const headerLines = at > cut.start ? undefined : cut.headerLines;
  const rest = { ...cut, start: at, first: first ?? cut.first, headerLines };
  const after = [rest, ...batch.segments.slice(segment + 1)];
  const bytes = before.reduce((sum, { start, end }) => sum + end - start, 0);
  const [head, tail] = splitBlock(batch.block, first ?? at, first === undefined ? separator : undefined);
  const next = { source: cut.source, at, shift: cut.shift, first };
  return [
    { ...batch, next, segments: before, block: head, bytes },
    { ...batch, segments: after, block: tail, bytes: batch.bytes - bytes },
  ];
}

function splitBlock(
  block: Block | undefined,
  at: number,
  separator: number | undefined,
): readonly [Block | undefined, Block | undefined] {
  if (block === undefined) return [undefined, undefined];
  const { start, pieces } = block;
  const length = lengthBefore(at, start, pieces, separator);
  return [
    { start, pieces: slicePieces(pieces, 0, length) },
    { start: start + length, pieces: slicePieces(pieces, length, byteCount(pieces)) },
  ];
}

/** @param separator undefined where a record begins at `at` */
function lengthBefore(at: number, start: number, pieces: readonly Uint8Array[], separator: number | undefined): number {
  if (at <= start) return 0;
  if (separator === undefined) return Math.min(at - start, byteCount(pieces));
  const found = indexInPieces(pieces, separator, at - 1 - start);
  return found === -1 ? byteCount(pieces) : found + 1;
}

export interface Splitting {
  readonly grid: Grid;
  readonly use: ChunkUse;
  /** Byte that ends a record: a block of a stream is cut behind one. */
  readonly separator: number;
  /** Only a worker knows where records begin: what is left of a segment is not split. */
  readonly isScanned?: boolean;
}

/** How much of a chunk stands before a cut, in bytes (or numbers); 0 when the cut is between two. */
export function bytesOfChunk({ segments }: Batch, { segment, at }: Cut, grid: Grid): number {
  const { start, shift } = segments[segment] as Segment;
  return at - Math.max(start, chunkAt(grid, at + shift).start - shift);
}

/** The first assignment of a batch, of about `wanted` bytes (or numbers), and what is left of it, if anything. */
export function firstAssignment(
  batch: Batch,
  wanted: number,
  splitting: Splitting,
): readonly [assignment: Batch, rest: Batch | undefined] {
  let left = wanted;
  for (const [segment, each] of batch.segments.entries()) {
    if (left <= 0 && segment > 0 && isBorder(each, splitting))
      return splitBatch(batch, { segment, at: each.start }, splitting.separator);
    const has = each.end - each.start;
    if (left < has && splitting.isScanned !== true) {
      const at = portionEnd(batch, each, left, splitting);
      if (at < each.end) return splitBatch(batch, { segment, at }, splitting.separator);
    }
    left -= has;
  }
  return [batch, undefined];
}

/** Whether a batch may be split in front of a segment. */
function isBorder({ start, shift }: Segment, { grid, use }: Splitting): boolean {
  return use === "unseen" || chunkAt(grid, start + shift).start === start + shift;
}

function portionEnd(
  batch: Batch,
  { start, shift }: Segment,
  wanted: number,
  { grid, use, separator }: Splitting,
): number {
  const length = Math.max(1, Math.ceil(wanted));
  if (use !== "unseen") {
    const { start: border, end } = chunkAt(grid, start + shift + length);
    return (border > start + shift ? border : end) - shift;
  }
  const { block } = batch;
  if (block === undefined) return start + length;
  const found = indexInPieces(block.pieces, separator, length - 1 + start - block.start);
  return found === -1 ? Number.POSITIVE_INFINITY : block.start + found + 1;
}
