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
/** Asynchronous records that take so long wait for something. */
const WAITING_MS = 20;
/** Requests in a millisecond, of all workers, that the coordinator can well answer. */
const REQUESTS_PER_MS = 2;
/** An assignment of what has been handed on is worth its messages when it takes as long. */
const LEAST_MS = 5;
/** Output that a worker keeps until it is granted a place has left the cache when it is more. */
const MAX_OUTPUT_BYTES = 2 * 1024 * 1024;
/** A worker with requests as long as this can wait for the next one: the wait is nothing beside it. */
const SLOW_MS = 200;
/** The same of asynchronous records, whose places the worker's other requests keep full. */
const SLOW_ASYNCHRONOUS_MS = 50;
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

/** What a part of a batch has cost so far: its time is not known while its records run. */
export type HeadCosts = Omit<BatchCosts, "busyMs"> & { readonly busyMs: number | undefined };

export class BatchSizer {
  readonly #options: BatchSizerOptions;
  /** Of the batches so far, the older the less. */
  #busyMs = 0;
  #inputBytes = 0;
  #records = 0;
  #outputPerByte = 0;
  /** Of a record that has been started, before any has come to its end. */
  #startedBytes = 0;
  #recordsPerBatch = 1;
  #asynchronous = false;
  /** How long the last one has taken. */
  #batchMs: number | undefined;
  /** And one of its records, where it is asynchronous. */
  #recordMs = 0;

  constructor(options: BatchSizerOptions) {
    this.#options = options;
  }

  /** Whether a record has returned a promise. */
  get asynchronous(): boolean {
    return this.#asynchronous;
  }

  get recordBytes(): number {
    return this.#records === 0 ? this.#startedBytes : this.#inputBytes / this.#records;
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
    this.#recordMs = busyMs * Math.min(1, this.#options.concurrency / Math.max(1, records));
    this.#asynchronous ||= asynchronous;
  }

  /** This number of records of an asynchronous script has been started; none has come to its end. */
  starts(records: number, inputBytes: number): void {
    this.#asynchronous = true;
    this.#startedBytes = inputBytes / records;
    this.#recordsPerBatch = records;
  }

  /** A batch is given out. */
  gives(bytes: number): void {
    if (this.recordBytes > 0) this.#recordsPerBatch = Math.max(1, bytes / this.recordBytes);
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
    return Math.min(wanted, share * FAIR, this.#mostTogether);
  }

  /**
   * Bytes of the next assignment of what has been handed on, about one record at the least.
   * @param head what was done of the same batch before: it says more of this one than others do
   * @param before assignments that the same rest has given already: a slow record need not be followed by others, so each
   * round of workers gets assignments twice as long as the one before, as long as there is enough for all
   */
  assignment(left: number, head: HeadCosts, before: number): number {
    const fair = Math.min(this.#share(left) * FAIR, this.#mostTogether);
    const least = Math.max(head.inputBytes / Math.max(1, head.records), this.#leastAssignment(head, fair));
    return Math.max(least, Math.min(least * 2 ** Math.floor(before / this.#options.workers()), fair));
  }

  #leastAssignment({ busyMs, ...head }: HeadCosts, fair: number): number {
    const isKnown = busyMs !== undefined || this.#records > 0;
    // As many as can run at once.
    if (!isKnown) return Math.min(head.inputBytes, fair);
    const costs = { ...head, busyMs: busyMs ?? head.inputBytes * this.#msPerByte };
    const { ms, output } = perByte(costs);
    const worthIt = LEAST_MS / Math.max(1e-9, ms);
    const worthAside = (head.asideMs ?? 0) / Math.max(1e-9, ms);
    return Math.max(Math.min(this.#wanted(TARGET_MS, ms, output), Math.max(worthIt, fair)), worthAside);
  }

  #targetMs(share: number): number {
    if (this.#asynchronous) return ASYNCHRONOUS_MS;
    const restMs = share === Number.POSITIVE_INFINITY ? 0 : share * this.#msPerByte;
    return Math.min(MAX_TARGET_MS, Math.max(TARGET_MS, restMs * PART_OF_REST));
  }

  /**
   * Bytes of asynchronous records that go out together: while one of them waits for something the places of the others are not given
   * again, so there are no more of them than what requests cost makes sensible.
   */
  get #mostTogether(): number {
    if (!this.#asynchronous || this.#recordMs < WAITING_MS) return Number.POSITIVE_INFINITY;
    const { workers, concurrency } = this.#options;
    return this.recordBytes * Math.max(1, (workers() * concurrency) / (REQUESTS_PER_MS * this.#recordMs));
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

  /**
   * Requests that a worker may have: as many as keep it busy, or its places for asynchronous records full, and one more, so that it
   * never waits, unless they are slow.
   */
  depth(): number {
    const { concurrency } = this.#options;
    const ms = this.#batchMs ?? (this.#asynchronous ? Number.POSITIVE_INFINITY : 0);
    const beside = ms >= (this.#asynchronous ? SLOW_ASYNCHRONOUS_MS : SLOW_MS) ? 0 : 1;
    return beside + (this.#asynchronous ? Math.ceil(concurrency / this.#recordsPerBatch) : 1);
  }
}

/** What a batch has cost. */
export function costsOf(
  { bytes }: Batch,
  { counts: { records }, busyMs, asideMs, bytes: outputBytes, asynchronous }: Done,
): BatchCosts {
  return { inputBytes: bytes, records, busyMs, asideMs, outputBytes, asynchronous };
}

/** What a batch has cost whose records have been started, and run. */
export function costsOfStarted({ bytes }: Batch, records: number): HeadCosts {
  return { inputBytes: bytes, records, busyMs: undefined, outputBytes: 0, asynchronous: true };
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
