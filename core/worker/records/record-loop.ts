/**
 * Running a script over the records of a batch: the hot loop.
 *
 * Synchronous as long as the script is: no promise, no closure and no object is made per record. The first promise (or
 * asynchronous generator) that a record returns hands the rest of the batch to the asynchronous path, which keeps up to
 * `concurrency` records in flight and emits their values in input order.
 */

import { type Cursor, isBlank } from "../../formats/cursor.ts";
import { poisonKey } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import { addSlowRecord, type SlowRecordPlace } from "../../protocol/slow-record.ts";
import type { Emitter } from "../emitters/emitter.ts";
import { RecordContext } from "../script/record-context.ts";
import { AsyncLoop, type FirstRecord } from "./async-loop.ts";
import { mapWhenKept } from "./async-record.ts";
import type { BatchOptions, BatchTools } from "./batch-options.ts";
import { BatchResult } from "./batch-result.ts";
import { type ChunkPlace, recordPlace } from "./place.ts";
import { mayPass } from "./retry.ts";
import { collect, isAsyncGenerator, isGenerator, isOrdinary, isThenable, type Verb } from "./returned-value.ts";
import type { YieldPoint } from "./yield-point.ts";

export class RecordLoop {
  readonly result: BatchResult;
  readonly #tools: BatchTools;
  readonly #policy: BatchOptions;
  readonly #emitter: Emitter;
  /** Lines of the current source in the chunks before the current one. */
  #linesBefore = 0;
  /** What has been run last. */
  #place: ChunkPlace | undefined;
  /** At this number of records the clock is looked at, or the batch ends. */
  #pauseAt: number;
  #cutAt: number | undefined;
  /** Since a record has returned a promise; what an earlier batch of this worker has shown counts too. */
  #async: AsyncLoop | undefined;

  constructor(tools: BatchTools, policy: BatchOptions, emitter: Emitter) {
    this.#tools = tools;
    this.#policy = policy;
    this.#emitter = emitter;
    this.#pauseAt = policy.yieldPoint === undefined ? policy.limit : Math.min(policy.limit, 1);
    this.result = new BatchResult({ ...policy, ...tools, emitter });
    if (tools.observed.asynchronous) this.#async = this.#createAsync();
  }

  get asynchronous(): boolean {
    return this.#async !== undefined;
  }

  get done(): boolean {
    const { failure, counts } = this.result;
    return failure !== undefined || this.#cutAt !== undefined || counts.records >= this.#policy.limit;
  }

  /** Where the first record begins that this batch leaves to others, because its time is over. */
  get cutAt(): number | undefined {
    return this.#cutAt;
  }

  /** Lines so far of the source that is being read; `startSource` sets it back. */
  get lines(): number {
    return this.#linesBefore;
  }

  startSource(): void {
    this.#linesBefore = 0;
  }

  /** Runs the records of (a part of) a chunk. What a script does later, `finished` waits for. */
  run(cursor: Cursor, source: number, sourceName: string): void {
    if (this.done) return;
    const place: ChunkPlace = { cursor, source, sourceName, linesBefore: this.#linesBefore };
    this.#place = place;
    if (this.#async === undefined) {
      this.#emitter.reads?.(cursor);
      const ctx = this.#contextOf(place);
      this.#runSync(place, ctx);
      if (this.#async === undefined) ctx.keepCounts();
    } else this.#async.run(place);
    // Also of an asynchronous script every record has been read, and started or queued.
    this.#linesBefore += this.#cutAt === undefined ? cursor.line() : (cursor.lineEndsBefore?.() ?? cursor.line() - 1);
  }

  /** A record that cannot even be read: too long, or bytes that are no text. */
  rejectUnread({
    lines = 1,
    ...failure
  }: Omit<RecordFailure, "attempts" | "stack" | "line"> & { lines?: number }): void {
    if (this.done) return;
    this.result.counts.records++;
    const line = this.#linesBefore + 1;
    this.#linesBefore += lines;
    this.#inOrder(() => this.result.settle({ ...failure, line, attempts: 1, stack: "" }));
  }

  endChunk(index: number): void {
    this.#inOrder(() => this.#policy.aside(() => this.#emitter.endChunk(index)));
  }

  /** Of an asynchronous script: the oldest record that has not come to its end. */
  get oldest(): SlowRecordPlace | undefined {
    return this.#async?.oldest;
  }

  /** Looks at the clock between two chunks. */
  look(yieldPoint: YieldPoint): void {
    const stride = yieldPoint.poll(this.result.counts.records);
    if (this.#place !== undefined) this.#tellOf(this.#place, yieldPoint, stride);
  }

  /** Undefined when everything has been emitted already, as it has been where the script is synchronous. */
  finished(): Promise<void> | undefined {
    return this.#async?.emission;
  }

  #inOrder(step: () => void): void {
    if (this.#async === undefined) step();
    else this.#async.inOrder(step);
  }

  #contextOf({ cursor, source, sourceName, linesBefore }: ChunkPlace): RecordContext {
    const { counters } = this.result;
    const { retryThrows = 0 } = this.#policy;
    const triesAgain = retryThrows > 0;
    const facts = { cursor, source: sourceName, sourceIndex: source, linesBefore, counters, triesAgain };
    return new RecordContext(this.#tools.facts, facts);
  }

  #runSync(place: ChunkPlace, ctx: RecordContext): void {
    const { map, filter } = this.#tools.script;
    const { poisoned, watch } = this.#policy;
    const { cursor } = place;
    const { counts } = this.result;
    const emitter = this.#emitter;
    const guarded = poisoned !== undefined || watch !== undefined;
    let verb: Verb = "parse";
    let record: unknown;
    let at = 0;
    for (;;) {
      try {
        const pauseAt = this.#pauseAt;
        while (counts.records < pauseAt && cursor.advance()) {
          counts.records++;
          verb = "parse";
          at = guarded ? cursor.offset() : 0;
          if (guarded && this.#isSkipped(place, at)) {
            if (this.result.failure !== undefined) return;
            continue;
          }
          ctx.nextRecord();
          // Before it is read: a record can also be too much for the parser.
          if (guarded) watch?.started(place.source, at, place.linesBefore + cursor.line());
          record = cursor.read();
          if (filter !== undefined) {
            verb = "filter";
            const kept = filter(record, ctx);
            if (isThenable(kept)) {
              const values = mapWhenKept(kept, this.#tools.script, record, ctx);
              this.#goAsync(place, { record, ctx, key: at, values });
              return;
            }
            if (!kept) {
              counts.filtered++;
              continue;
            }
          }
          verb = "map";
          const value = map === undefined ? record : map(record, ctx);
          if (typeof value !== "object" || value === null || isOrdinary(value)) {
            verb = emitter.verb;
            if (value !== undefined && emitter.emit(value, record)) counts.emittedFrom++;
            else counts.filtered++;
          } else if (isGenerator(value)) {
            // What is reduced cannot be taken back.
            this.result.emitAll(this.#policy.retryThrows ? [...value] : value, record);
          } else if (isThenable(value) || isAsyncGenerator(value)) {
            this.#goAsync(place, { record, ctx, key: at, values: collect(value) });
            return;
          } else {
            verb = emitter.verb;
            if (emitter.emit(value, record)) counts.emittedFrom++;
            else counts.filtered++;
          }
          if (guarded) watch?.ended(place.source, at);
        }
        if (counts.records < pauseAt || !this.#goesOn(place)) return;
      } catch (error) {
        if (verb === "parse" && isBlank(cursor)) {
          counts.records--;
          continue;
        }
        if (this.#policy.retryThrows && mayPass(error, verb)) {
          watch?.ended(place.source, at);
          // Records that come after it are not kept waiting: they go on side by side.
          this.#goOn(place, { record, ctx, key: at, values: Promise.resolve({ error, verb }) });
          return;
        }
        this.result.fail(error, verb, recordPlace(place));
        if (this.result.failure !== undefined) return;
      }
    }
  }

  /** Looks at the clock where that is wanted. False when no more records run. */
  #goesOn(place: ChunkPlace): boolean {
    const { limit, yieldPoint, splitsChunks } = this.#policy;
    const { cursor } = place;
    const { records } = this.result.counts;
    if (records >= limit) return false;
    const stride = yieldPoint?.poll(records) ?? limit;
    this.#pauseAt = Math.min(limit, records + stride);
    if (yieldPoint !== undefined) this.#tellOf(place, yieldPoint, stride);
    if (yieldPoint?.shouldYield !== true || splitsChunks !== true) return true;
    if (cursor.advance()) this.#cutAt = cursor.offset();
    return false;
  }

  /** The last record was slow, or it is time for a sign of where the worker is. */
  #tellOf(place: ChunkPlace, { slowMs, slowWithin, isToldNow }: YieldPoint, stride: number): void {
    const { cursor, source, linesBefore } = place;
    if (slowMs === 0 && !isToldNow) return;
    const at = { source, offset: cursor.offset(), line: linesBefore + cursor.line() };
    if (slowMs > 0)
      addSlowRecord(this.result.slowest, { ...at, origin: cursor.origin?.(), ms: slowMs, within: slowWithin });
    if (isToldNow) this.#policy.tellRunning?.({ ...at, isNext: true, within: stride });
  }

  /** @param at the record's offset, before it has been read: a record of an errors file then takes that of its source */
  #isSkipped(place: ChunkPlace, at: number): boolean {
    const skipped = this.#policy.poisoned?.get(poisonKey(place.source, at));
    if (skipped === undefined) return false;
    this.result.settle({ ...recordPlace(place), ...skipped, stack: "" });
    return true;
  }

  #goAsync(place: ChunkPlace, first: FirstRecord): void {
    this.#tools.observed.asynchronous = true;
    this.#goOn(place, first);
  }

  /** The rest of the batch, from a record on that has to be waited for. */
  #goOn(place: ChunkPlace, first: FirstRecord): void {
    this.#async = this.#createAsync();
    this.#async.run(place, first);
  }

  #createAsync(): AsyncLoop {
    return new AsyncLoop(this.#tools, this.#policy, this.result, (place) => this.#contextOf(place));
  }
}
