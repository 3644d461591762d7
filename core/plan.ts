/**
 * The plan: which chunks there are, and which of them go to a worker together.
 *
 * Chunk borders depend on the input's bytes only. A span is a run of consecutive chunks given out at once: how many
 * depends on timing, and must not be seen in the output. Where there are partials, spans are aligned like the nodes of the
 * merge tree (2^level chunks, starting at a multiple of that), so that a worker can merge a span's as the tree says.
 */
import type { Segment } from "./protocol.ts";

export type Source = FileSource | StreamSource;

/** A regular file. `begin` is where its first record starts, `end` its size when the job was planned. */
export interface FileSource {
  readonly kind: "file";
  readonly name: string;
  readonly path: string;
  readonly begin: number;
  readonly end: number;
}

/** Bytes that can be had only once and in order. */
export interface StreamSource {
  readonly kind: "stream";
  readonly name: string;
  /** The next bytes, in pieces of any size; undefined at the end. Rejects with what the system says. */
  read(): Promise<Uint8Array | undefined>;
}

/** A place between two chunks. `at` is undefined at the start of a source. */
export interface PlanPosition {
  readonly chunk: number;
  readonly source: number;
  readonly at?: number | undefined;
}

export interface Span {
  /** Where the plan goes on behind this span. */
  readonly next: PlanPosition;
  readonly chunk: number;
  /** How many; of a span that has been split, also parts of one. */
  readonly chunks: number;
  readonly segments: readonly Segment[];
  /** The bytes themselves, where the source is a stream. */
  readonly block: readonly Uint8Array[] | undefined;
  readonly bytes: number;
}

/** Cuts a stream into blocks of whole records. */
export interface BlockCutter {
  /** The next block and the offset of its first byte; undefined at the end. */
  next(): Promise<
    { readonly bytes: readonly Uint8Array[]; readonly offset: number; readonly length: number } | undefined
  >;
}

export interface PlanOptions {
  readonly sources: readonly Source[];
  readonly chunkBytes: number;
  readonly maxSpanBytes: number;
  /** Whether spans are to be nodes of the merge tree. */
  readonly aligned: boolean;
  readonly cut: (source: StreamSource) => BlockCutter;
  /** With `--range`: how many numbers there are; there are no sources then. */
  readonly rangeCount: number | undefined;
}

const MIN_CHUNK_BYTES = 128;
export const CHUNKS_WANTED = 1024;

/**
 * Bytes (or numbers) of a chunk: an input is cut in about 1,024, so that few slow records use all cores too, but a
 * chunk never has more than `most`.
 */
export function chunkSize(total: number, most: number, least = MIN_CHUNK_BYTES): number {
  return Math.min(most, Math.max(least, Math.ceil(total / CHUNKS_WANTED)));
}

/** Cuts at most this many segments into one span: 10,000 tiny files are not one message. */
const MAX_SEGMENTS = 256;
export const MAX_LEVEL = 12;

export class Plan {
  readonly #options: PlanOptions;
  #chunk = 0;
  #source = 0;
  /** Position in the current source; undefined before its begin is known. */
  #at: number | undefined;
  #cutter: BlockCutter | undefined;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** Bytes (or numbers) that are not given out yet; unknown when there is a stream among what is left. */
  get left(): number | undefined {
    const { sources, rangeCount } = this.#options;
    if (rangeCount !== undefined) return rangeCount - (this.#at ?? 0);
    let left = 0;
    for (let i = this.#source; i < sources.length; i++) {
      const source = sources[i] as Source;
      if (source.kind === "stream") return undefined;
      left += source.end - (i === this.#source ? (this.#at ?? source.begin) : source.begin);
    }
    return left;
  }

  /** Goes on at a position, as a resumed job does. */
  startAt({ chunk, source, at }: PlanPosition): void {
    this.#chunk = chunk;
    this.#source = source;
    this.#at = at;
  }

  /** The next span of at most `chunks` chunks; undefined when there is nothing left. */
  next(chunks: number): Span | undefined | Promise<Span | undefined> {
    const { rangeCount, sources } = this.#options;
    if (rangeCount !== undefined) return this.#nextOfRange(rangeCount, chunks);
    const source = sources[this.#source];
    return source?.kind === "stream" ? this.#nextBlock(source) : this.#nextOfFiles(chunks);
  }

  #nextOfRange(count: number, chunks: number): Span | undefined {
    const start = this.#at ?? 0;
    if (start >= count) return undefined;
    const { chunkBytes } = this.#options;
    const end = Math.min(count, start + this.#most(chunks) * chunkBytes);
    this.#at = end;
    return this.#span(Math.ceil((end - start) / chunkBytes), [{ source: 0, start, end, chunkBytes }]);
  }

  #nextOfFiles(chunks: number): Span | undefined | Promise<Span | undefined> {
    const { sources, chunkBytes, maxSpanBytes } = this.#options;
    const most = this.#most(chunks);
    const segments: Segment[] = [];
    let taken = 0;
    let bytes = 0;
    while (taken < most && bytes < maxSpanBytes && segments.length < MAX_SEGMENTS) {
      const source = sources[this.#source];
      if (source === undefined || source.kind === "stream") break;
      const start = this.#at ?? source.begin;
      const room = Math.min(most - taken, Math.max(1, Math.floor((maxSpanBytes - bytes) / chunkBytes)));
      const end = Math.min(source.end, start + room * chunkBytes);
      if (end > start) {
        segments.push({ source: this.#source, start, end, chunkBytes });
        taken += Math.ceil((end - start) / chunkBytes);
        bytes += end - start;
      }
      if (end < source.end) this.#at = end;
      else this.#nextSource();
    }
    if (taken > 0) return this.#span(taken, segments);
    return this.#source < sources.length ? this.next(chunks) : undefined;
  }

  async #nextBlock(source: StreamSource): Promise<Span | undefined> {
    this.#cutter ??= this.#options.cut(source);
    const block = await this.#cutter.next();
    if (block === undefined) {
      this.#nextSource();
      return this.next(1);
    }
    const { offset, length } = block;
    const segment = { source: this.#source, start: offset, end: offset + length, chunkBytes: Math.max(1, length) };
    return this.#span(1, [segment], block.bytes);
  }

  #nextSource(): void {
    this.#source++;
    this.#at = undefined;
    this.#cutter = undefined;
  }

  /** How many of so many chunks may go together, from the next one on: aligned, those of the largest level that may start there. */
  #most(chunks: number): number {
    if (!this.#options.aligned) return chunks;
    let level = 0;
    while (level < MAX_LEVEL && 2 ** (level + 1) <= chunks && this.#chunk % 2 ** (level + 1) === 0) level++;
    return 2 ** level;
  }

  #span(chunks: number, segments: readonly Segment[], block?: readonly Uint8Array[]): Span {
    const chunk = this.#chunk;
    this.#chunk += chunks;
    let bytes = 0;
    for (const segment of segments) bytes += segment.end - segment.start;
    const next = { chunk: this.#chunk, source: this.#source, at: this.#at };
    return { next, chunk, chunks, segments, block, bytes };
  }
}
