/**
 * The pace: how many chunks go out together, and how many requests a worker has at hand.
 *
 * Starts with single chunks and grows with what has been measured, so that quick chunks do not drown in messages and
 * slow ones spread over all workers. Near the end spans shrink again (guided self-scheduling: Polychronopoulos and Kuck,
 * 1987), so that all workers finish together.
 */
export interface PaceOptions {
  readonly workers: () => number;
  readonly chunkBytes: number;
  readonly maxSpanBytes: number;
  readonly concurrency: number;
}

/** A request should keep its worker busy for about this long, in milliseconds. */
const TARGET_MS = 50;
/** Output that a worker keeps until it is granted a place has left the cache when it is more. */
const MAX_OUTPUT_BYTES = 2 * 1024 * 1024;
/** A worker with requests as long as this can wait for the next one: the wait is nothing beside it. */
const SLOW_MS = 100;
const SMOOTHING = 0.3;

/** What a span has taken, and what it has made. */
export interface SpanCosts {
  readonly chunks: number;
  readonly records: number;
  readonly busyMs: number;
  /** Of output. */
  readonly bytes: number;
  readonly asynchronous: boolean;
}

export class Pace {
  readonly #options: PaceOptions;
  #chunkMs: number | undefined;
  #chunkOutput = 0;
  #recordsPerSpan = 1;
  #chunksPerRecord = 0;
  #asynchronous = false;
  #spanMs = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  learn({ chunks, records, busyMs, bytes, asynchronous }: SpanCosts): void {
    const chunkMs = busyMs / Math.max(1e-6, chunks);
    this.#chunkMs = this.#chunkMs === undefined ? chunkMs : this.#chunkMs + SMOOTHING * (chunkMs - this.#chunkMs);
    this.#chunkOutput = bytes / Math.max(1e-6, chunks);
    this.#spanMs = busyMs;
    this.#recordsPerSpan = Math.max(1, records);
    this.#chunksPerRecord = chunks / this.#recordsPerSpan;
    this.#asynchronous ||= asynchronous;
  }

  /** Chunks of the next span, when `left` bytes (or numbers) are not given out yet. */
  chunks(left: number | undefined): number {
    if (this.#chunkMs === undefined) return 1;
    const fair = Math.ceil(this.#fair(left));
    return Math.max(1, Math.min(Math.floor(this.#wanted()), fair));
  }

  /** The same of what has been handed on: part of a chunk where chunks are slow, but about one record at the least. */
  portion(left: number): number {
    return Math.max(this.#chunksPerRecord, Math.min(this.#wanted(), this.#fair(left)));
  }

  #wanted(): number {
    const { chunkBytes, maxSpanBytes } = this.#options;
    const wanted = TARGET_MS / Math.max(0.001, this.#chunkMs ?? 0);
    const kept = MAX_OUTPUT_BYTES / Math.max(1, this.#chunkOutput);
    return Math.min(wanted, kept, maxSpanBytes / chunkBytes);
  }

  #fair(left: number | undefined): number {
    if (left === undefined) return Number.POSITIVE_INFINITY;
    return left / this.#options.chunkBytes / (this.#options.workers() * 3);
  }

  /** Requests that a worker may have: two, so that it never waits; one where chunks are slow; more where it only waits. */
  depth(): number {
    if (this.#asynchronous) return 2 + Math.ceil(this.#options.concurrency / this.#recordsPerSpan);
    return this.#spanMs >= SLOW_MS ? 1 : 2;
  }
}
