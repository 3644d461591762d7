/**
 * Splitting a span: what a worker has done of it from what it leaves to others, and one portion of that from the next.
 *
 * Where chunks can be seen in the output (a reduce folds them one by one, `--from bytes` calls the script with them), a
 * span is split between chunks; elsewhere in front of any record.
 */
import { byteCount, indexInPieces, slicePieces } from "./frames.ts";
import type { Span } from "./plan.ts";
import type { Cut, Segment } from "./protocol.ts";

/** What stands before the cut, and what stands behind it. */
export function splitSpan(span: Span, { segment, at }: Cut): readonly [head: Span, rest: Span] {
  const cut = span.segments[segment] as Segment;
  const whole = span.segments.slice(0, segment);
  const before = at > cut.start ? [...whole, { ...cut, end: at }] : whole;
  const after = [{ ...cut, start: at }, ...span.segments.slice(segment + 1)];
  const chunks = whole.reduce((sum, each) => sum + chunksOf(each), (at - cut.start) / cut.chunkBytes);
  const bytes = before.reduce((sum, { start, end }) => sum + end - start, 0);
  const chunk = span.chunk + Math.floor(chunks);
  const { block } = span;
  return [
    {
      next: { chunk, source: cut.source, at },
      chunk: span.chunk,
      chunks,
      segments: before,
      block: block && slicePieces(block, 0, at - cut.start),
      bytes,
    },
    {
      next: span.next,
      chunk,
      chunks: span.chunks - chunks,
      segments: after,
      block: block && slicePieces(block, at - cut.start, byteCount(block)),
      bytes: span.bytes - bytes,
    },
  ];
}

/** How much of a chunk stands before a cut, from 0 (the cut is between two) to 1. */
export function partOfChunk({ segments }: Span, { segment, at }: Cut): number {
  const { start, chunkBytes } = segments[segment] as Segment;
  return ((at - start) % chunkBytes) / chunkBytes;
}

export interface PortionOptions {
  /** So many, or a part of one where a chunk may be split. */
  readonly chunks: number;
  readonly splitsChunks: boolean;
  /** Byte that ends a record: a block of a stream is cut behind one. */
  readonly separator: number;
}

/** The first portion of a span and what is left of it, if anything. */
export function firstPortion(span: Span, options: PortionOptions): readonly [portion: Span, rest: Span | undefined] {
  let left = options.splitsChunks ? options.chunks : Math.max(1, Math.floor(options.chunks));
  for (const [segment, each] of span.segments.entries()) {
    if (left <= 0 && segment > 0) return splitSpan(span, { segment, at: each.start });
    const has = chunksOf(each);
    if (left < has) {
      const at = portionEnd(span, each, left, options);
      if (at < each.end) return splitSpan(span, { segment, at });
    }
    left -= has;
  }
  return [span, undefined];
}

function portionEnd(span: Span, { start, chunkBytes }: Segment, chunks: number, options: PortionOptions): number {
  const length = Math.max(1, Math.ceil(chunks * chunkBytes));
  if (span.block === undefined) return start + length;
  const found = indexInPieces(span.block, options.separator, length - 1);
  return start + (found === -1 ? span.bytes : found + 1);
}

function chunksOf({ start, end, chunkBytes }: Segment): number {
  return Math.ceil((end - start) / chunkBytes);
}
