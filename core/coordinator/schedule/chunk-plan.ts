/**
 * The plan: which part of the input goes to a worker next.
 *
 * A batch is a run of consecutive bytes given out at once: how many depends on timing, and must not be seen in
 * the output. Where chunks can be seen (a reduce folds them one by one, `--from bytes` calls the script with them), a batch
 * has whole chunks of the grid; where they are merged it is aligned like the nodes of the merge tree (2^level chunks,
 * starting at a multiple of that), so that a worker can merge them as the tree says.
 */

import { chunkAt, nextBorder } from "../../protocol/chunk-grid.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch, Block, PlanPosition } from "../job/batch.ts";
import { type FileSource, isOneMember, type Source, type StreamSource } from "../job/source.ts";
import { type BatchEnds, batchEnd, isWholeWorthIt, type Pace, sizeOrFirst } from "./batch-end.ts";
import { CheckedSources } from "./checked-sources.ts";

/** Cuts a stream into blocks of whole records. */
export interface BlockCutter {
  /**
   * The next block; undefined at the end.
   * @param end the block has the records that start before this offset; without it, those that have come
   * @param most without an end: bytes of the block, which ends with the first record that ends there or behind it
   */
  next(end: number | undefined, most?: number): Promise<Block | undefined>;
  /** Offset of the first byte that is in no block yet. */
  readonly offset: number;
}

export interface PlanOptions extends BatchEnds {
  readonly sources: readonly Source[];
  readonly cut: (source: StreamSource, index: number) => BlockCutter;
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

/** What gives batches, one after the other. */
export interface BatchSource {
  /** Bytes (or numbers) that are not given out yet; unknown when there is a stream among what is left. */
  readonly left: number | undefined;
  /** The next batch of about `bytes`, at least a chunk; undefined when there is nothing left. */
  next(bytes: number, pace?: Pace): Batch | undefined | Promise<Batch | undefined>;
}

export class Plan implements BatchSource {
  readonly #options: PlanOptions;
  readonly #sources: CheckedSources;
  #source = 0;
  /** Position in the current source; undefined before its begin is known. */
  #at: number | undefined;
  #shift = 0;
  #cutter: BlockCutter | undefined;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#sources = new CheckedSources(options.sources);
    this.#enter(0);
  }

  get left(): number | undefined {
    let left = 0;
    for (let i = this.#source; i < this.#sources.length; i++) {
      const source = this.#sources.at(i) as Source;
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
    const unknown = this.#sources.check(this.#source);
    if (unknown !== undefined) return this.#whenKnown(unknown, bytes, pace);
    const source = this.#sources.at(this.#source);
    return source?.kind === "stream" ? this.#nextBlock(source, bytes, pace) : this.#nextOfFiles(bytes, pace);
  }

  async #whenKnown(unknown: Promise<void>, bytes: number, pace: Pace | undefined): Promise<Batch | undefined> {
    await unknown;
    return this.next(bytes, pace);
  }

  #nextOfFiles(wanted: number, pace: Pace | undefined): Batch | undefined | Promise<Batch | undefined> {
    const { grid, use } = this.#options;
    const segments: Segment[] = [];
    const begin = { source: this.#source, at: this.#at, shift: this.#shift };
    let limit = Number.NaN;
    for (;;) {
      const unknown = this.#sources.check(this.#source);
      if (unknown !== undefined) {
        this.startAt(begin);
        return this.#whenKnown(unknown, wanted, pace);
      }
      const source = this.#sources.at(this.#source);
      if (source === undefined || source.kind === "stream") break;
      const start = this.#at ?? source.begin;
      const here = start + this.#shift;
      // On the grid: a batch may end in another file than the one it begins in.
      if (segments.length === 0) limit = this.#limitFor(source, start, wanted, pace);
      if (
        segments.length >= MAX_SEGMENTS ||
        (segments.length > 0 && isOneMember(source) && source.end + this.#shift > limit)
      ) {
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
    return this.#source < this.#sources.length ? this.next(wanted, pace) : undefined;
  }

  async #nextBlock(source: StreamSource, wanted: number, pace: Pace | undefined): Promise<Batch | undefined> {
    if (this.#cutter === undefined) {
      // It may have been a file when it was entered: a stream begins a chunk.
      this.#enter(this.#source, this.#shift);
      this.#cutter = this.#options.cut(source, this.#source);
    }
    const cutter: BlockCutter = this.#cutter;
    const isSeen = this.#options.use !== "unseen";
    const shift = this.#shift;
    const start = isSeen ? (this.#at ?? 0) : cutter.offset;
    const border = isSeen
      ? batchEnd(this.#options, start + shift, Math.min(wanted, MAX_BLOCK_BYTES)) - shift
      : undefined;
    const block = await cutter.next(border, sizeOrFirst(wanted, this.#options));
    if (block === undefined && (!isSeen || cutter.offset <= start)) {
      this.#enter(this.#source + 1, cutter.offset + shift);
      return this.next(wanted, pace);
    }
    // At the end there may be chunks in which no record starts: they are chunks of a file, too.
    const end = Math.min(border ?? Number.POSITIVE_INFINITY, cutter.offset);
    this.#at = end;
    const begin = isSeen ? start : (block as Block).start;
    return this.#batch([{ source: this.#source, start: begin, end, shift }], block ?? { start: end, pieces: [] });
  }

  /** Where a batch ends, on the grid: with a member that is decompressed as a whole, if that is worth it. */
  #limitFor(source: FileSource, start: number, wanted: number, pace: Pace | undefined): number {
    const options = this.#options;
    const here = start + this.#shift;
    const left = source.end - start;
    if (!isOneMember(source) || !isWholeWorthIt(left, wanted, pace)) return batchEnd(options, here, wanted, pace);
    if (options.use === "unseen") return Math.max(here + left, batchEnd(options, here, wanted));
    // Those that are aligned like the merge tree would be shorter: partials are merged as the tree says, whatever they are of.
    const limit = batchEnd({ ...options, use: "seen" }, here, wanted);
    // The chunk in which it ends is of the next file, too: of that a worker decompresses the beginning only.
    return Math.max(limit, chunkAt(options.grid, here + left - 1).end);
  }

  /** @param behind the end of the source before it, on the grid: files follow each other there, a stream begins a chunk */
  #enter(index: number, behind = 0): void {
    const { grid } = this.#options;
    const source = this.#sources.at(index);
    const isApart = source?.kind === "stream" || this.#sources.at(index - 1)?.kind === "stream";
    const from = isApart ? nextBorder(grid, behind) : behind;
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
