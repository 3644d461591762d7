/**
 * The plan: which part of the input goes to a worker next.
 *
 * A batch is a run of consecutive bytes (or numbers) given out at once: how many depends on timing, and must not be seen in
 * the output. Where chunks can be seen (a reduce folds them one by one, `--from bytes` calls the script with them), a batch
 * has whole chunks of the grid; where they are merged it is aligned like the nodes of the merge tree (2^level chunks,
 * starting at a multiple of that), so that a worker can merge them as the tree says.
 */

import type { ChunkUse } from "../../protocol/chunk-grid.ts";
import { chunkAt, chunkStart, type Grid } from "../../protocol/chunk-grid.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch, Block, PlanPosition } from "../job/batch.ts";
import type { Source, StreamSource } from "../job/source.ts";

/** Cuts a stream into blocks of whole records. */
export interface BlockCutter {
  /**
   * The next block; undefined at the end.
   * @param end the block has the records that start before this offset; without it, those that have come
   */
  next(end: number | undefined): Promise<Block | undefined>;
  /** Offset of the first byte that is in no block yet. */
  readonly offset: number;
}

export interface PlanOptions {
  readonly sources: readonly Source[];
  readonly grid: Grid;
  readonly use: ChunkUse;
  readonly maxBatchBytes: number;
  readonly cut: (source: StreamSource) => BlockCutter;
  /** Where records are counted: how many there are. Then sources are not looked at. */
  readonly units: number | undefined;
  /** Behind what a worker decodes in one go. */
  readonly borders?: readonly number[] | undefined;
}

const MIN_CHUNK_BYTES = 128;
export const CHUNKS_WANTED = 1024;

/**
 * Bytes (or numbers) of a chunk where chunks are not seen: the input has about 1,024, so that few slow records use all
 * cores, but a chunk never has more than `most`.
 */
export function chunkSize(total: number, most: number, least = MIN_CHUNK_BYTES): number {
  return Math.min(most, Math.max(least, Math.ceil(total / CHUNKS_WANTED)));
}

/** A batch has about this many segments at most: 10,000 tiny files are not one message. */
const MAX_SEGMENTS = 256;
/** A stream's block is kept in memory while it comes. */
const MAX_BLOCK_BYTES = 512 * 1024;
export const MAX_LEVEL = 12;
/** What is decoded in one go is shared by workers where it is worth more batches than this. */
const MOST_BATCHES = 16;

/** What gives batches, one after the other. */
export interface BatchSource {
  /** Bytes (or numbers) that are not given out yet; unknown when there is a stream among what is left. */
  readonly left: number | undefined;
  /** The next batch of about `bytes`, at least a chunk; undefined when there is nothing left. */
  next(bytes: number, pace?: Pace): Batch | undefined | Promise<Batch | undefined>;
}

/** Whether records wait for something, so that a worker has time. */
export interface Pace {
  readonly asynchronous: boolean;
}

export class Plan implements BatchSource {
  readonly #options: PlanOptions;
  #source = 0;
  /** Position in the current source; undefined before its begin is known. */
  #at: number | undefined;
  #shift = 0;
  #cutter: BlockCutter | undefined;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#enter(0);
  }

  get left(): number | undefined {
    const { sources, units } = this.#options;
    if (units !== undefined) return units - (this.#at ?? 0);
    let left = 0;
    for (let i = this.#source; i < sources.length; i++) {
      const source = sources[i] as Source;
      if (source.kind === "stream") return undefined;
      left += source.end - (i === this.#source ? (this.#at ?? source.begin) : source.begin);
    }
    return left;
  }

  /** Goes on at a position, as a resumed job does. */
  startAt({ source, at, shift }: PlanPosition): void {
    this.#source = source;
    this.#at = at;
    this.#shift = shift;
  }

  next(bytes: number, pace?: Pace): Batch | undefined | Promise<Batch | undefined> {
    const { units, sources } = this.#options;
    if (units !== undefined) return this.#nextUnits(units, bytes, pace);
    const source = sources[this.#source];
    return source?.kind === "stream" ? this.#nextBlock(source, bytes) : this.#nextOfFiles(bytes);
  }

  #nextUnits(count: number, wanted: number, pace: Pace | undefined): Batch | undefined {
    const start = this.#at ?? 0;
    if (start >= count) return undefined;
    const end = Math.min(count, this.#borderFor(start, wanted, pace) ?? this.#endFor(start, wanted));
    this.#at = end;
    return this.#batch([{ source: 0, start, end, shift: 0 }]);
  }

  #nextOfFiles(wanted: number): Batch | undefined | Promise<Batch | undefined> {
    const { sources, grid, use } = this.#options;
    const segments: Segment[] = [];
    let limit = Number.NaN;
    for (;;) {
      const source = sources[this.#source];
      if (source === undefined || source.kind === "stream") break;
      const start = this.#at ?? source.begin;
      const here = start + this.#shift;
      // On the grid: a batch may end in another file than the one it begins in.
      if (segments.length === 0) limit = this.#endFor(here, wanted);
      if (segments.length >= MAX_SEGMENTS) {
        const chunk = chunkAt(grid, here);
        if (use === "unseen" || chunk.start === here) break;
        limit = Math.min(limit, chunk.end);
      }
      const end = Math.min(source.end, limit - this.#shift);
      const behind = end + this.#shift;
      if (end > start) segments.push({ source: this.#source, start, end, shift: this.#shift });
      if (end < source.end) this.#at = end;
      else this.#enter(this.#source + 1, behind);
      if (behind >= limit) break;
    }
    if (segments.length > 0) return this.#batch(segments);
    return this.#source < sources.length ? this.next(wanted) : undefined;
  }

  async #nextBlock(source: StreamSource, wanted: number): Promise<Batch | undefined> {
    this.#cutter ??= this.#options.cut(source);
    const cutter = this.#cutter;
    const isSeen = this.#options.use !== "unseen";
    const shift = this.#shift;
    const start = isSeen ? (this.#at ?? 0) : cutter.offset;
    const border = isSeen ? this.#endFor(start + shift, Math.min(wanted, MAX_BLOCK_BYTES)) - shift : undefined;
    const block = await cutter.next(border);
    if (block === undefined && (!isSeen || cutter.offset <= start)) {
      this.#enter(this.#source + 1, cutter.offset + shift);
      return this.next(wanted);
    }
    // At the end there may be chunks in which no record starts: they are chunks of a file, too.
    const end = Math.min(border ?? Number.POSITIVE_INFINITY, cutter.offset);
    this.#at = end;
    const begin = isSeen ? start : (block as Block).start;
    return this.#batch([{ source: this.#source, start: begin, end, shift }], block ?? { start: end, pieces: [] });
  }

  /**
   * Where a batch ends that should end with what is decoded in one go: else another worker decodes a part of it again. Not before
   * it is known what records take, and not where they are slow, or wait for something: these are spread over all workers.
   */
  #borderFor(start: number, wanted: number, pace: Pace | undefined): number | undefined {
    const { borders, use } = this.#options;
    if (borders === undefined || wanted === 0 || pace?.asynchronous === true) return undefined;
    const first = firstAbove(borders, start);
    const last = firstAbove(borders, start + wanted);
    const next = borders[first] ?? start;
    if (next - start > wanted * MOST_BATCHES) return undefined;
    if (use === "merged") return this.#endFor(start, Math.max(wanted, next - start));
    return borders[last === first ? first : last - 1];
  }

  /** Where a batch from `start` on ends, both on the grid: whole chunks of about `wanted` bytes, at least one. */
  #endFor(start: number, wanted: number): number {
    const { grid, use, maxBatchBytes } = this.#options;
    const most = start + Math.floor(Math.min(wanted, maxBatchBytes));
    const first = chunkAt(grid, start);
    const last = chunkAt(grid, most);
    const count = Math.max(1, last.index - first.index);
    if (use !== "merged") return chunkStart(grid, first.index + count);
    let level = 0;
    while (level < MAX_LEVEL && 2 ** (level + 1) <= count && first.index % 2 ** (level + 1) === 0) level++;
    return chunkStart(grid, first.index + 2 ** level);
  }

  /** @param behind the end of the source before it, on the grid: files follow each other there, a stream begins a chunk */
  #enter(index: number, behind = 0): void {
    const { sources, grid } = this.#options;
    const source = sources[index];
    const isApart = source?.kind === "stream" || sources[index - 1]?.kind === "stream";
    const { start, end } = chunkAt(grid, behind);
    const from = isApart && start < behind ? end : behind;
    this.#source = index;
    this.#shift = from - (source?.kind === "file" ? source.begin : 0);
    this.#at = undefined;
    this.#cutter = undefined;
  }

  #batch(segments: readonly Segment[], block?: Block): Batch {
    let bytes = 0;
    for (const segment of segments) bytes += segment.end - segment.start;
    const next = { source: this.#source, at: this.#at, shift: this.#shift };
    return { next, segments, block, bytes };
  }
}

/** Where the first number stands that is above a position. */
function firstAbove(sorted: readonly number[], position: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
