/**
 * The sizer: how much goes out at once, in bytes (or numbers), and how many requests a worker has at hand.
 *
 * Starts with single chunks and grows with what has been measured, so that quick records do not drown in messages and
 * slow ones spread over all workers. Near the end batches shrink again (guided self-scheduling: Polychronopoulos and Kuck,
 * 1987), so that all workers finish together.
 */
import type { Done } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";

export interface BatchSizerOptions {
  readonly workers: () => number;
  readonly maxBatchBytes: number;
  readonly concurrency: number;
}

/** A request should keep its worker busy for about this long, in milliseconds. */
const TARGET_MS = 50;
/** While there is much left, a tenth of that, at most so long: half the messages, and the end is far. */
const MAX_TARGET_MS = 100;
const PART_OF_REST = 0.1;
/** Of an asynchronous script the records of a batch are all held until they are emitted. */
const ASYNCHRONOUS_MS = 25;
/** An assignment of what has been handed on is worth its messages when it takes as long. */
const LEAST_MS = 5;
/** Output that a worker keeps until it is granted a place has left the cache when it is more. */
const MAX_OUTPUT_BYTES = 2 * 1024 * 1024;
/** A worker with requests as long as this can wait for the next one: the wait is nothing beside it. */
const SLOW_MS = 200;
/** What is left of older measurements when another one comes. Long batches count for more than short ones. */
const FADING = 0.7;
/** The part of what is left for a worker that it gets at once. */
const FAIR = 1 / 3;

/** What a batch has taken, and what it has made. */
export interface BatchCosts {
  /** Bytes (or numbers) of the input. */
  readonly inputBytes: number;
  readonly records: number;
  readonly busyMs: number;
  /** What any part of it costs, however short it is. */
  readonly asideMs?: number | undefined;
  readonly outputBytes: number;
  readonly asynchronous: boolean;
}

export class BatchSizer {
  readonly #options: BatchSizerOptions;
  /** Of the batches so far, the older the less. */
  #busyMs = 0;
  #inputBytes = 0;
  #records = 0;
  #outputPerByte = 0;
  #recordsPerBatch = 1;
  #asynchronous = false;
  #batchMs = 0;

  constructor(options: BatchSizerOptions) {
    this.#options = options;
  }

  /** Whether a record has returned a promise. */
  get asynchronous(): boolean {
    return this.#asynchronous;
  }

  get recordBytes(): number {
    return this.#records === 0 ? 0 : this.#inputBytes / this.#records;
  }

  get batchBytes(): number {
    if (this.#records === 0) return 2 * this.#inputBytes;
    const targetMs = this.#asynchronous ? ASYNCHRONOUS_MS : TARGET_MS;
    return this.#wanted(targetMs, this.#msPerByte, this.#outputPerByte, this.recordBytes);
  }

  learn(costs: BatchCosts): void {
    const { records, busyMs, asynchronous, inputBytes } = costs;
    this.#busyMs = FADING * this.#busyMs + busyMs;
    this.#inputBytes = FADING * this.#inputBytes + inputBytes;
    this.#records = FADING * this.#records + records;
    this.#outputPerByte = perByte(costs).output;
    this.#batchMs = busyMs;
    this.#recordsPerBatch = Math.max(1, records);
    this.#asynchronous ||= asynchronous;
  }

  /**
   * How long so much should take, by what others have taken.
   * @param most no request is meant to take longer than this, unless the plan makes them longer
   */
  expectedMs(bytes: number, most = MAX_TARGET_MS): number {
    return Math.min(most, bytes * this.#msPerByte);
  }

  /**
   * Bytes of the next batch, when `left` bytes (or numbers) are not given out yet: those of about a record, however slow they are, and
   * more and more where none has begun yet. 0 while nothing is known.
   */
  bytes(left: number | undefined): number {
    if (this.#inputBytes === 0) return 0;
    const share = this.#share(left);
    if (this.#records === 0) return Math.min(2 * this.#inputBytes, this.#options.maxBatchBytes, share * FAIR);
    const wanted = this.#wanted(this.#targetMs(share), this.#msPerByte, this.#outputPerByte, this.recordBytes);
    return Math.min(wanted, share * FAIR);
  }

  /**
   * Bytes of the next assignment of what has been handed on, about one record at the least.
   * @param head what was done of the same batch before: it says more of this one than others do
   * @param before assignments that the same rest has given already: a slow record need not be followed by others, so each
   * round of workers gets assignments twice as long as the one before
   */
  assignment(left: number, head: BatchCosts, before: number): number {
    const { ms, output } = perByte(head);
    const worthIt = LEAST_MS / Math.max(1e-9, ms);
    const wanted = Math.min(this.#wanted(TARGET_MS, ms, output), Math.max(worthIt, this.#share(left) * FAIR));
    const worthAside = (head.asideMs ?? 0) / Math.max(1e-9, ms);
    const least = Math.max(head.inputBytes / Math.max(1, head.records), wanted, worthAside);
    return least * 2 ** Math.floor(before / this.#options.workers());
  }

  #targetMs(share: number): number {
    if (this.#asynchronous) return ASYNCHRONOUS_MS;
    const restMs = share === Number.POSITIVE_INFINITY ? 0 : share * this.#msPerByte;
    return Math.min(MAX_TARGET_MS, Math.max(TARGET_MS, restMs * PART_OF_REST));
  }

  get #msPerByte(): number {
    return this.#busyMs / Math.max(1e-9, this.#inputBytes);
  }

  #wanted(targetMs: number, msPerByte: number, outputPerByte: number, least = 0): number {
    const wanted = Math.max(least, targetMs / Math.max(1e-9, msPerByte));
    const kept = MAX_OUTPUT_BYTES / Math.max(1e-9, outputPerByte);
    return Math.min(wanted, kept, this.#options.maxBatchBytes);
  }

  /** Bytes that are left for each worker. */
  #share(left: number | undefined): number {
    return left === undefined ? Number.POSITIVE_INFINITY : left / this.#options.workers();
  }

  /** Requests that a worker may have: two, so that it never waits; one where batches are slow; more where it only waits. */
  depth(): number {
    if (this.#asynchronous) return 2 + Math.floor(this.#options.concurrency / this.#recordsPerBatch);
    return this.#batchMs >= SLOW_MS ? 1 : 2;
  }
}

/** What a batch has cost. */
export function costsOf(
  { bytes }: Batch,
  { counts: { records }, busyMs, asideMs, bytes: outputBytes, asynchronous }: Done,
): BatchCosts {
  return { inputBytes: bytes, records, busyMs, asideMs, outputBytes, asynchronous };
}

/** Of what a batch has cost, its last bytes, which have taken `busyMs`: they need not be like those before them. */
export function costsOfLast(all: BatchCosts, inputBytes: number, busyMs: number): BatchCosts {
  const share = inputBytes / all.inputBytes;
  return { ...all, inputBytes, busyMs, records: all.records * share, outputBytes: all.outputBytes * share };
}

function perByte({ inputBytes, busyMs, outputBytes }: BatchCosts): { ms: number; output: number } {
  const bytes = Math.max(1e-6, inputBytes);
  return { ms: busyMs / bytes, output: outputBytes / bytes };
}
