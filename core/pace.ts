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
/** While there is much left, a tenth of that, at most so long: half the messages, and the end is far. */
const MAX_TARGET_MS = 100;
const PART_OF_REST = 0.1;
/** A portion of what has been handed on is worth its messages when it takes as long. */
const LEAST_MS = 5;
/** Output that a worker keeps until it is granted a place has left the cache when it is more. */
const MAX_OUTPUT_BYTES = 2 * 1024 * 1024;
/** A worker with requests as long as this can wait for the next one: the wait is nothing beside it. */
const SLOW_MS = 200;
const SMOOTHING = 0.3;
/** The part of what is left for a worker that it gets at once. */
const FAIR = 1 / 3;

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
  #asynchronous = false;
  #spanMs = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  learn(costs: SpanCosts): void {
    const { records, busyMs, asynchronous } = costs;
    const { chunkMs, chunkOutput } = costsOfChunk(costs);
    this.#chunkMs = this.#chunkMs === undefined ? chunkMs : this.#chunkMs + SMOOTHING * (chunkMs - this.#chunkMs);
    this.#chunkOutput = chunkOutput;
    this.#spanMs = busyMs;
    this.#recordsPerSpan = Math.max(1, records);
    this.#asynchronous ||= asynchronous;
  }

  /** How long so many chunks should take, by what others have taken; no request is meant to take longer than the longest. */
  expectedMs(chunks: number): number {
    return Math.min(MAX_TARGET_MS, chunks * (this.#chunkMs ?? 0));
  }

  /** Chunks of the next span, when `left` bytes (or numbers) are not given out yet. */
  chunks(left: number | undefined): number {
    if (this.#chunkMs === undefined) return 1;
    const share = this.#share(left);
    const restMs = left === undefined ? 0 : share * this.#chunkMs;
    const targetMs = Math.min(MAX_TARGET_MS, Math.max(TARGET_MS, restMs * PART_OF_REST));
    const wanted = Math.floor(this.#wanted(targetMs, this.#chunkMs, this.#chunkOutput));
    return Math.max(1, Math.min(wanted, Math.ceil(share * FAIR)));
  }

  /**
   * Chunks of the next portion of what has been handed on, parts of one where they are slow, but about one record at the
   * least.
   * @param head what was done of the same span before: it says more of this one than others do
   */
  portion(left: number, head: SpanCosts): number {
    const { chunkMs, chunkOutput } = costsOfChunk(head);
    const worthIt = LEAST_MS / Math.max(0.001, chunkMs);
    const wanted = Math.min(this.#wanted(TARGET_MS, chunkMs, chunkOutput), Math.max(worthIt, this.#share(left) * FAIR));
    return Math.max(head.chunks / Math.max(1, head.records), wanted);
  }

  #wanted(targetMs: number, chunkMs: number, chunkOutput: number): number {
    const { chunkBytes, maxSpanBytes } = this.#options;
    const wanted = targetMs / Math.max(0.001, chunkMs);
    const kept = MAX_OUTPUT_BYTES / Math.max(1, chunkOutput);
    return Math.min(wanted, kept, maxSpanBytes / chunkBytes);
  }

  /** Chunks that are left for each worker. */
  #share(left: number | undefined): number {
    if (left === undefined) return Number.POSITIVE_INFINITY;
    return left / this.#options.chunkBytes / this.#options.workers();
  }

  /** Requests that a worker may have: two, so that it never waits; one where chunks are slow; more where it only waits. */
  depth(): number {
    if (this.#asynchronous) return 2 + Math.ceil(this.#options.concurrency / this.#recordsPerSpan);
    return this.#spanMs >= SLOW_MS ? 1 : 2;
  }
}

/** Of what a span has cost, so much of its last chunk that has taken `busyMs`: it need not be like those before it. */
export function costsOfLast(all: SpanCosts, chunks: number, busyMs: number): SpanCosts {
  const share = chunks / all.chunks;
  return { ...all, chunks, busyMs, records: all.records * share, bytes: all.bytes * share };
}

function costsOfChunk({ chunks, busyMs, bytes }: SpanCosts): { chunkMs: number; chunkOutput: number } {
  const count = Math.max(1e-6, chunks);
  return { chunkMs: busyMs / count, chunkOutput: bytes / count };
}
