/**
 * The rest of a batch, once a record has returned a promise: records are read on and started as the limiter lets them, and
 * their values are emitted in input order.
 */

import { poisonKey } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import type { RecordContext } from "../script/record-context.ts";
import { Attempts, type RunRecord } from "./attempts.ts";
import type { BatchOptions, BatchTools } from "./batch-options.ts";
import type { BatchResult } from "./batch-result.ts";
import { type ChunkPlace, linesBeforeRecord, type PlaceBetween, type RecordPlace, recordPlace } from "./place.ts";
import { LEFT, type Settled } from "./returned-value.ts";

type StartedRecord =
  | {
      readonly values: Promise<Settled>;
      readonly run: RunRecord;
      readonly segment: number;
      /** Lines of the source before it. */
      readonly lines: number;
    }
  | { readonly failure: RecordFailure };

/** A record at the cursor that has been started, and what becomes of it. */
export interface FirstRecord extends Pick<RunRecord, "record" | "ctx"> {
  readonly values: Promise<Settled>;
}

export interface AsyncOptions extends BatchOptions {
  /** Records that are started. */
  readonly most: number;
}

export class AsyncLoop {
  /** Where the first record begins that this batch does not even read. */
  cutAt: number | undefined;
  /** In front of the first record that has been read and not been started, and is left to others. */
  leftAt: PlaceBetween | undefined;
  readonly #policy: AsyncOptions;
  #started = 0;
  readonly #result: BatchResult;
  readonly #attempts: Attempts;
  readonly #contextOf: (place: ChunkPlace) => RecordContext;
  #emission: Promise<void> = Promise.resolve();
  #oldest: RecordPlace | undefined;

  constructor(
    tools: BatchTools,
    policy: AsyncOptions,
    result: BatchResult,
    contextOf: (place: ChunkPlace) => RecordContext,
  ) {
    this.#policy = policy;
    this.#result = result;
    this.#attempts = new Attempts(tools, policy, () => this.#isOver);
    this.#contextOf = contextOf;
  }

  /** Settles when everything so far has been emitted. */
  get emission(): Promise<void> {
    return this.#emission;
  }

  /** The record that is emitted next. */
  get oldest(): RecordPlace | undefined {
    return this.#oldest;
  }

  /** Does `step` when everything so far has been emitted, unless the batch has come to its end before. */
  inOrder(step: () => void): void {
    this.#emission = this.#emission.then(() => (this.#isOver ? undefined : step()));
  }

  /** No more records start: the batch ends in front of the first that has not. */
  halt(): void {
    this.#attempts.halt();
  }

  get #isOver(): boolean {
    return this.#result.failure !== undefined || this.leftAt !== undefined;
  }

  /**
   * Reads a chunk to its end and starts its records.
   * @param first the record at the cursor, where it has been started already
   */
  run(place: ChunkPlace, first?: FirstRecord): void {
    const started: StartedRecord[] = [];
    if (first !== undefined) started.push(this.#adopt(place, first));
    const { counts } = this.#result;
    const { cursor } = place;
    while (counts.records < this.#policy.limit && cursor.advance()) {
      if (this.#started + started.length >= this.#policy.most) {
        this.cutAt = cursor.offset();
        break;
      }
      counts.records++;
      const next = this.#startNext(place);
      if (next === undefined) counts.records--;
      else started.push(next);
      if (next !== undefined && "failure" in next && this.#policy.onError === "fail") break;
    }
    this.#started += started.length;
    this.#emission = this.#emission.then(() => this.#emitAll(started));
  }

  #adopt(place: ChunkPlace, { record, ctx, values }: FirstRecord): StartedRecord {
    ctx.freeze();
    const run = { record, ctx, at: recordPlace(place), key: place.cursor.offset() };
    return { values: this.#attempts.adopt(run, values), run, segment: place.segment, lines: linesBeforeRecord(place) };
  }

  /** Undefined for a blank line. */
  #startNext(place: ChunkPlace): StartedRecord | undefined {
    const { cursor, source } = place;
    const key = cursor.offset();
    const skipped = this.#policy.poisoned?.get(poisonKey(source, key));
    if (skipped !== undefined) return { failure: { ...recordPlace(place), ...skipped, stack: "" } };
    let record: unknown;
    try {
      record = cursor.read();
    } catch (error) {
      if (cursor.isBlank?.()) return undefined;
      return { failure: this.#result.failureOf(error, "parse", recordPlace(place)) };
    }
    return this.#start(place, record, key);
  }

  #start(place: ChunkPlace, record: unknown, key: number): StartedRecord {
    const ctx = this.#contextOf(place);
    ctx.nextRecord();
    ctx.freeze();
    const run = { record, ctx, at: recordPlace(place), key };
    return { values: this.#attempts.start(run), run, segment: place.segment, lines: linesBeforeRecord(place) };
  }

  async #emitAll(started: readonly StartedRecord[]): Promise<void> {
    const result = this.#result;
    for (const entry of started) {
      if (this.#isOver) return;
      if ("failure" in entry) result.settle(entry.failure);
      else {
        const { run, values } = entry;
        this.#oldest = run.at;
        const settled = await values;
        if (settled === LEFT) this.#leave(entry);
        else {
          this.#emit(settled, run);
          this.#attempts.emitted(run, settled);
        }
      }
    }
    this.#oldest = undefined;
  }

  #leave({ run, segment, lines }: Exclude<StartedRecord, { failure: unknown }>): void {
    this.leftAt = { segment, at: run.key, lines };
    // All before it have been emitted, or left out.
    const { counts } = this.#result;
    counts.records = counts.emittedFrom + counts.filtered + counts.rejected;
  }

  #emit(settled: Settled, { record, at }: RunRecord): void {
    if ("error" in settled) {
      this.#result.fail(settled.error, settled.verb, at, settled.attempts);
      return;
    }
    try {
      this.#result.reads(at);
      this.#result.emitAll(settled.values, record);
    } catch (error) {
      this.#result.fail(error, "map", at);
    }
  }
}
