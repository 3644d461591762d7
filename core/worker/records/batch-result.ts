/** What has become of a batch's records: values for the emitter, rejects, the failure that ends it, and how many of each. */

import type { BatchCounts } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import type { SlowRecord } from "../../protocol/slow-record.ts";
import type { Emitter } from "../emitters/emitter.ts";
import type { BatchOptions } from "./batch-options.ts";
import type { RecordPlace } from "./place.ts";
import { recordFailure, VerbError } from "./record-error.ts";
import { EMITTING, type Verb } from "./returned-value.ts";

export interface ResultOptions extends Pick<BatchOptions, "damageOf"> {
  readonly emitter: Emitter;
  readonly onError: "fail" | "skip";
  /** Whether a line of a stack is a frame of pmap's own. */
  readonly isOwnFrame: (line: string) => boolean;
}

const CANNOT_SKIP = "It cannot be skipped: values of it that came before have been reduced";

export class BatchResult {
  readonly counts: BatchCounts = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };
  readonly rejects: RecordFailure[] = [];
  /** The slowest records, where a clock has seen any. */
  readonly slowest: SlowRecord[] = [];
  readonly counters = new Map<string, number>();
  /** The record that ended this batch, under `--on-error fail`. */
  failure: RecordFailure | undefined;
  readonly #options: ResultOptions;

  constructor(options: ResultOptions) {
    this.#options = options;
  }

  /** Emits what a generator yields: all of it, or nothing when it throws on the way. */
  emitAll(values: Iterable<unknown>, record: unknown): void {
    const { emitter } = this.#options;
    const undo = emitter.mark();
    let emitted = 0;
    let verb: Verb = "map";
    try {
      if (Array.isArray(values) && emitter.emitAll !== undefined) {
        verb = EMITTING;
        emitted = emitter.emitAll(
          values.filter((value) => value !== undefined),
          record,
        );
      } else {
        for (const value of values) {
          verb = EMITTING;
          if (value !== undefined && emitter.emit(value, record)) emitted++;
          verb = "map";
        }
      }
    } catch (error) {
      throw new VerbError(verb === EMITTING ? emitter.verb : verb, error, !undo());
    }
    if (emitted > 0) this.counts.emittedFrom++;
    else this.counts.filtered++;
  }

  /** Tells the emitter whose values come next. */
  reads({ raw }: Pick<RecordPlace, "raw">): void {
    this.#options.emitter.reads?.({ raw: () => raw });
  }

  /** A record has thrown `error` while doing `verb`. */
  fail(error: unknown, verb: Verb, place: RecordPlace, attempts?: number): void {
    const failure = this.failureOf(error, verb, place, attempts);
    if (this.#options.onError === "skip" && error instanceof VerbError && error.isHalfReduced)
      this.failure = { ...failure, message: `${failure.message}\n${CANNOT_SKIP}` };
    else this.settle(failure);
  }

  failureOf(error: unknown, verb: Verb, place: RecordPlace, attempts?: number): RecordFailure {
    const failure = recordFailure({ place, attempts: attempts ?? 1 }, error, verb, this.#options.isOwnFrame);
    return failure.kind === "parse" ? this.withDamage(failure) : failure;
  }

  /** A record that could not be read, with what is wrong with its source. */
  withDamage<T extends Pick<RecordFailure, "message" | "source">>(failure: T): T {
    const damage = this.#options.damageOf?.(failure.source);
    if (damage === undefined) return failure;
    // A line that says what to do is of no use.
    const [reason] = failure.message.split("\n");
    return { ...failure, message: `${reason}; the file's ${damage}`, damaged: true };
  }

  settle(failure: RecordFailure): void {
    if (this.#options.onError === "fail") {
      this.failure = failure;
      return;
    }
    this.counts.rejected++;
    this.rejects.push(failure);
  }
}
