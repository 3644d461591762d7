/**
 * Attempts to run one record: each starts when there is a place for it, and has its time limit. After one that has thrown another may
 * follow (`--retry-throws`).
 *
 * The limiter, which all batches of a worker share, gives places. It is asked once for each place that a batch can use, and not for
 * each record, which would cost more than many a record itself: a place runs one record after the other until none waits.
 */
import type { RecordContext } from "../script/record-context.ts";
import { type Clock, inTime, mapRecord } from "./async-record.ts";
import type { BatchOptions, BatchTools } from "./batch-options.ts";
import type { RecordPlace } from "./place.ts";
import { retried } from "./retry.ts";
import type { Settled } from "./returned-value.ts";

/** A record that is run, its place, and the key it is announced with. */
export interface RunRecord {
  readonly record: unknown;
  readonly ctx: RecordContext;
  readonly at: RecordPlace;
  readonly key: number;
}

interface Waiting {
  readonly run: RunRecord;
  readonly resolve: (settled: Settled) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING: Promise<Settled> = Promise.resolve({ values: [] });

export class Attempts {
  readonly #tools: BatchTools;
  readonly #policy: BatchOptions;
  readonly #clock: Clock;
  /** Whether nothing of this batch is wanted. */
  readonly #isOver: () => boolean;
  #count = 0;
  /** Records that wait for a place, from `#next` on; and places that have been asked for. */
  readonly #waiting: (Waiting | undefined)[] = [];
  #next = 0;
  #places = 0;
  /**
   * Where records run one at a time, to find the one that takes its worker down, none starts before the one before has been emitted: that
   * may be the first that fails. By what has become of it: what lets the next one start.
   */
  readonly #unemitted = new Map<Settled, () => void>();

  constructor(tools: BatchTools, policy: BatchOptions, isOver: () => boolean) {
    this.#tools = tools;
    this.#policy = policy;
    this.#clock = { timeoutMs: policy.timeoutMs, after: tools.after };
    this.#isOver = isOver;
  }

  /** What becomes of a record that has been started already. */
  adopt(run: RunRecord, values: Promise<Settled>): Promise<Settled> {
    const { at, key } = run;
    this.#policy.watch?.waits(at.source, key, at.line);
    const ended = inTime(values, this.#clock).then((settled) => {
      this.#policy.watch?.ended(at.source, key);
      return settled;
    });
    const held = this.#isAlone ? this.#untilEmitted(() => ended) : this.#tools.limiter(() => ended);
    return this.#retried(run, held);
  }

  /** What becomes of a record. */
  start(run: RunRecord): Promise<Settled> {
    return this.#retried(run, this.#attempt(run));
  }

  /** A record has been emitted, or has failed. */
  emitted(settled: Settled): void {
    this.#unemitted.get(settled)?.();
    this.#unemitted.delete(settled);
  }

  /** Whether none starts before the one before has been emitted. */
  get #isAlone(): boolean {
    return this.#policy.watch !== undefined && !this.#policy.retryThrows;
  }

  /** Runs a record when there is a place for it. */
  #attempt(run: RunRecord): Promise<Settled> {
    if (this.#isAlone) return this.#untilEmitted(() => this.#settledOf(run));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run, resolve, reject });
      const { limiter } = this.#tools;
      if (this.#places >= limiter.concurrency) return;
      this.#places++;
      void limiter(() => this.#runWaiting());
    });
  }

  async #runWaiting(): Promise<void> {
    while (this.#next < this.#waiting.length) {
      const { run, resolve, reject } = this.#waiting[this.#next] as Waiting;
      this.#waiting[this.#next++] = undefined;
      try {
        resolve(await this.#settledOf(run));
      } catch (error) {
        reject(error);
      }
    }
    this.#places--;
  }

  #untilEmitted(run: () => Promise<Settled>): Promise<Settled> {
    return new Promise((resolve) => {
      void this.#tools.limiter(async () => {
        const settled = await run();
        const isEmitted = new Promise<void>((free) => this.#unemitted.set(settled, free));
        resolve(settled);
        await isEmitted;
      });
    });
  }

  #settledOf(run: RunRecord): Promise<Settled> {
    const { watch, retryThrows } = this.#policy;
    const { script, turns } = this.#tools;
    if (watch !== undefined || turns !== undefined || retryThrows) return this.#watched(run);
    if (this.#isOver()) return NOTHING;
    return inTime(mapRecord(script, run.record, run.ctx), this.#clock);
  }

  async #watched({ record, ctx, at, key }: RunRecord): Promise<Settled> {
    const { watch } = this.#policy;
    const { turns } = this.#tools;
    if (turns !== undefined) await turns.enter();
    if (this.#isOver()) {
      turns?.leave();
      return { values: [] };
    }
    watch?.started(at.source, key, at.line);
    // Records of a script that is not asynchronous leave no room for a timer that shows that the worker is well.
    if (this.#policy.retryThrows) this.#policy.yieldPoint?.poll(++this.#count);
    const values = mapRecord(this.#tools.script, record, ctx);
    watch?.waits(at.source, key, at.line);
    const settled = await inTime(values, this.#clock);
    watch?.ended(at.source, key);
    turns?.leave();
    return settled;
  }

  /** While it waits for its next attempt, a record takes no other one's place. */
  #retried(run: RunRecord, first: Promise<Settled>): Promise<Settled> {
    const { retryThrows = 0 } = this.#policy;
    if (retryThrows === 0) return first;
    let last = run.ctx;
    const next = (number: number) => {
      if (number === 1) return first;
      last = last.again();
      return this.#attempt({ ...run, ctx: last });
    };
    const options = { most: retryThrows, after: this.#tools.after, isOver: this.#isOver };
    return retried(next, options).then((settled) => {
      last.keepCounts();
      return settled;
    });
  }
}
