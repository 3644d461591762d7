/**
 * Running a script over the records of a batch.
 *
 * Synchronous as long as the script is (sync-loop.ts). The first promise (or asynchronous generator) that a record returns hands the
 * rest of the batch to the asynchronous path (async-loop.ts), which keeps up to `concurrency` records in flight and emits their values
 * in input order.
 */

import type { Cursor } from "../../formats/cursor.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import type { SlowRecordPlace } from "../../protocol/slow-record.ts";
import type { Emitter } from "../emitters/emitter.ts";
import { RecordContext } from "../script/record-context.ts";
import type { Unreadable } from "../unreadable.ts";
import { AsyncLoop } from "./async-loop.ts";
import type { BatchOptions, BatchTools } from "./batch-options.ts";
import { BatchResult } from "./batch-result.ts";
import type { ChunkPlace, PlaceBetween } from "./place.ts";
import { SyncLoop } from "./sync-loop.ts";
import { tellOfRecord } from "./tell-of-record.ts";
import type { YieldPoint } from "./yield-point.ts";

export class RecordLoop {
  readonly result: BatchResult;
  readonly #tools: BatchTools;
  readonly #policy: BatchOptions;
  readonly #emitter: Emitter;
  /** The segment that is being read, and the lines of its source in the chunks before the current one. */
  #segment = -1;
  #linesBefore = 0;
  #halted = false;
  /** What has been run last. */
  #place: ChunkPlace | undefined;
  readonly #sync: SyncLoop;
  /** Since a record has returned a promise; what an earlier batch of this worker has shown counts too. */
  #async: AsyncLoop | undefined;

  constructor(tools: BatchTools, policy: BatchOptions, emitter: Emitter) {
    this.#tools = tools;
    this.#policy = policy;
    this.#emitter = emitter;
    this.result = new BatchResult({ ...policy, ...tools, emitter });
    this.#sync = new SyncLoop(tools, policy, this.result, emitter);
    if (tools.observed.asynchronous) this.#async = this.#createAsync();
  }

  get asynchronous(): boolean {
    return this.#async !== undefined;
  }

  get done(): boolean {
    const { failure, counts } = this.result;
    return failure !== undefined || this.cutAt !== undefined || counts.records >= this.#policy.limit;
  }

  /** Where the first record begins that this batch leaves to others, because its time is over. */
  get cutAt(): number | undefined {
    return this.#sync.cutAt ?? this.#async?.cutAt;
  }

  /** Lines so far of the source that is being read; `startSource` sets it back. */
  get lines(): number {
    return this.#linesBefore;
  }

  startSource(): void {
    this.#segment++;
    this.#linesBefore = 0;
  }

  /** In front of the first record that has been read and then left to others, known when the batch has `finished`. */
  get leftAt(): PlaceBetween | undefined {
    return this.#async?.leftAt;
  }

  /** The job is to end: records that need not be waited for are left to others, where the batch may be cut in front of any. */
  halt(): void {
    if (!this.#mayCut) return;
    this.#halted = true;
    this.#async?.halt();
  }

  /** Runs the records of (a part of) a chunk. What a script does later, `finished` waits for. */
  run(cursor: Cursor, source: number, sourceName: string): void {
    if (this.done) return;
    const place = { cursor, source, sourceName, linesBefore: this.#linesBefore, segment: this.#segment };
    this.#place = place;
    if (this.#async === undefined) {
      this.#emitter.reads?.(cursor);
      const ctx = this.#contextOf(place);
      const first = this.#sync.run(place, ctx);
      if (first === undefined) ctx.keepCounts();
      else {
        this.#async = this.#createAsync();
        this.#async.run(place, first);
      }
    } else this.#async.run(place);
    // Also of an asynchronous script every record has been read, and started or queued.
    this.#linesBefore += this.cutAt === undefined ? cursor.line() : (cursor.lineEndsBefore?.() ?? cursor.line() - 1);
  }

  /** A record that cannot even be read: too long, or bytes that are no text. */
  rejectUnread({ lines = 1, linesAhead = 0, ...failure }: Unreadable & Pick<RecordFailure, "source">): void {
    if (this.done) return;
    this.result.counts.records++;
    const line = this.#linesBefore + linesAhead + 1;
    this.#linesBefore += lines;
    const told = this.result.withDamage({ ...failure, line, attempts: 1, stack: "" });
    this.#inOrder(() => this.result.settle(told));
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
    if (this.#place === undefined) return;
    const { tellRunning } = this.#policy;
    tellOfRecord(this.#place, yieldPoint, stride, { slowest: this.result.slowest, tellRunning });
  }

  /** Undefined when everything has been emitted already, as it has been where the script is synchronous. */
  finished(): Promise<void> | undefined {
    return this.#async?.emission;
  }

  #inOrder(step: () => void): void {
    if (this.#async === undefined) step();
    else this.#async.inOrder(step);
  }

  get #mayCut(): boolean {
    return this.#policy.splitsChunks === true && this.#policy.yieldPoint?.mayCut === true;
  }

  #contextOf({ cursor, source, sourceName, linesBefore }: ChunkPlace): RecordContext {
    const { counters } = this.result;
    const { retryThrows = 0 } = this.#policy;
    const triesAgain = retryThrows > 0;
    const facts = { cursor, source: sourceName, sourceIndex: source, linesBefore, counters, triesAgain };
    return new RecordContext(this.#tools.facts, facts);
  }

  /**
   * Records that are started. A batch that was made as long as it is for a synchronous script starts what can run at once, and leaves
   * the rest to others. Where the script is synchronous, and one record waits for its next attempt, the others are as quick as they were.
   */
  get #most(): number {
    const { observed, places } = this.#tools;
    const isLong = observed.asynchronous && this.#policy.isShort !== true;
    return this.#mayCut && isLong ? places.limiter.concurrency : Number.POSITIVE_INFINITY;
  }

  #createAsync(): AsyncLoop {
    const most = this.#most;
    const loop = new AsyncLoop(this.#tools, { ...this.#policy, most }, this.result, (place) => this.#contextOf(place));
    if (this.#halted) loop.halt();
    return loop;
  }
}
