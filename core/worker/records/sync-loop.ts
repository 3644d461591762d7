/**
 * The hot loop: one record after the other, as long as the script is synchronous. No promise, no closure and no object is made per
 * record.
 */

import { poisonKey } from "../../protocol/messages.ts";
import type { Emitter } from "../emitters/emitter.ts";
import type { RecordContext } from "../script/record-context.ts";
import type { FirstRecord } from "./async-loop.ts";
import { mapWhenKept } from "./async-record.ts";
import type { BatchOptions, BatchTools } from "./batch-options.ts";
import type { BatchResult } from "./batch-result.ts";
import { type ChunkPlace, recordPlace } from "./place.ts";
import { mayPass } from "./retry.ts";
import {
  collect,
  EMITTING,
  isAsyncGenerator,
  isGenerator,
  isOrdinary,
  isThenable,
  type Verb,
} from "./returned-value.ts";
import { type RecordListeners, tellOfRecord } from "./tell-of-record.ts";

export class SyncLoop {
  /** Where the first record begins that this batch leaves to others, because its time is over. */
  cutAt: number | undefined;
  readonly #tools: BatchTools;
  readonly #policy: BatchOptions;
  readonly #result: BatchResult;
  readonly #emitter: Emitter;
  readonly #listeners: RecordListeners;
  /** At this number of records the clock is looked at, or the batch ends. */
  #pauseAt: number;

  constructor(tools: BatchTools, policy: BatchOptions, result: BatchResult, emitter: Emitter) {
    this.#tools = tools;
    this.#policy = policy;
    this.#result = result;
    this.#emitter = emitter;
    this.#listeners = { slowest: result.slowest, tellRunning: policy.tellRunning };
    this.#pauseAt = policy.yieldPoint === undefined ? policy.limit : Math.min(policy.limit, 1);
  }

  /**
   * Runs the records of (a part of) a chunk until one must be waited for.
   * @returns that one; undefined when there is none
   */
  run(place: ChunkPlace, ctx: RecordContext): FirstRecord | undefined {
    const { map, filter } = this.#tools.script;
    const { poisoned, watch, retryThrows, onError } = this.#policy;
    // What is reduced cannot be taken back.
    const collectsFirst = Boolean(retryThrows) || (onError === "skip" && this.#tools.script.reduce !== undefined);
    const { cursor } = place;
    const { counts } = this.#result;
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
            if (this.#result.failure !== undefined) return undefined;
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
              this.#tools.observed.asynchronous = true;
              return { record, ctx, values: mapWhenKept(kept, this.#tools.script, record, ctx) };
            }
            if (!kept) {
              counts.filtered++;
              continue;
            }
          }
          verb = "map";
          const value = map === undefined ? record : map(record, ctx);
          if (typeof value !== "object" || value === null || isOrdinary(value)) {
            verb = EMITTING;
            if (value !== undefined && emitter.emit(value, record)) counts.emittedFrom++;
            else counts.filtered++;
          } else if (isGenerator(value)) {
            this.#result.emitAll(collectsFirst ? [...value] : value, record);
          } else if (isThenable(value) || isAsyncGenerator(value)) {
            this.#tools.observed.asynchronous = true;
            return { record, ctx, values: collect(value) };
          } else {
            verb = EMITTING;
            if (emitter.emit(value, record)) counts.emittedFrom++;
            else counts.filtered++;
          }
          if (guarded) watch?.ended(place.source, at);
        }
        if (counts.records < pauseAt || !this.#goesOn(place)) return undefined;
      } catch (error) {
        if (verb === EMITTING) verb = emitter.verb;
        if (verb === "parse" && cursor.isBlank?.()) {
          counts.records--;
          continue;
        }
        if (this.#policy.retryThrows && mayPass(error, verb)) {
          watch?.ended(place.source, at);
          // Records that come after it are not kept waiting: they go on side by side.
          return { record, ctx, values: Promise.resolve({ error, verb }) };
        }
        this.#result.fail(error, verb, recordPlace(place));
        if (this.#result.failure !== undefined) return undefined;
      }
    }
  }

  /** Looks at the clock where that is wanted. False when no more records run. */
  #goesOn(place: ChunkPlace): boolean {
    const { limit, yieldPoint, splitsChunks } = this.#policy;
    const { cursor } = place;
    const { records } = this.#result.counts;
    if (records >= limit) return false;
    const stride = yieldPoint?.poll(records) ?? limit;
    this.#pauseAt = Math.min(limit, records + stride);
    if (yieldPoint !== undefined) tellOfRecord(place, yieldPoint, stride, this.#listeners);
    if (yieldPoint?.shouldYield !== true || splitsChunks !== true) return true;
    if (cursor.advance()) this.cutAt = cursor.offset();
    return false;
  }

  #isSkipped(place: ChunkPlace, at: number): boolean {
    const skipped = this.#policy.poisoned?.get(poisonKey(place.source, at));
    if (skipped === undefined) return false;
    this.#result.settle({ ...recordPlace(place), ...skipped, stack: "" });
    return true;
  }
}
