/**
 * Attempts to run one record: each starts when there is a place for it, and has its time limit. After one that has thrown another may
 * follow (`--retry-throws`).
 */
import type { RecordContext } from "../script/record-context.ts";
import { type Clock, inTime, mapRecord } from "./async-record.ts";
import type { BatchOptions, BatchTools } from "./batch-options.ts";
import { Pauses } from "./pauses.ts";
import type { RecordPlace } from "./place.ts";
import type { Limiter } from "./places.ts";
import { RecordQueue } from "./record-queue.ts";
import { retried } from "./retry.ts";
import { LEFT, type Settled } from "./returned-value.ts";

/** A record that is run, its place, and the key it is announced with. */
export interface RunRecord {
  readonly record: unknown;
  readonly ctx: RecordContext;
  readonly at: RecordPlace;
  readonly key: number;
  /** Where it may be tried again: the context of its last attempt. */
  lastCtx?: RecordContext;
}

const NOTHING: Promise<Settled> = Promise.resolve({ values: [] });
const LEFT_TO_OTHERS: Promise<Settled> = Promise.resolve(LEFT);

export class Attempts {
  readonly #tools: BatchTools;
  readonly #policy: BatchOptions;
  readonly #clock: Clock;
  /** Whether nothing of this batch is wanted. */
  readonly #isOver: () => boolean;
  #count = 0;
  readonly #waiting: RecordQueue<RunRecord>;
  /**
   * Where records run one at a time, to find the one that takes its worker down, none starts before the one before has been emitted: that
   * may be the first that fails. By what has become of it: what lets the next one start.
   */
  readonly #unemitted = new Map<Settled, () => void>();
  /** No more attempts start. */
  #halted = false;
  /** Between two attempts. */
  readonly #pauses: Pauses;

  constructor(tools: BatchTools, policy: BatchOptions, isOver: () => boolean) {
    this.#tools = tools;
    this.#policy = policy;
    this.#clock = { timeoutMs: policy.timeoutMs, after: tools.after };
    this.#isOver = isOver;
    this.#pauses = new Pauses(tools.after, policy.tellPausing);
    this.#waiting = new RecordQueue(policy.position, tools.places, (run) => this.#settledOf(run));
  }

  /** What becomes of a record that has been started already. */
  adopt(run: RunRecord, values: Promise<Settled>): Promise<Settled> {
    const { at, key } = run;
    this.#policy.watch?.waits(at.source, key, at.line);
    const ended = inTime(values, this.#clock).then((settled) => {
      this.#policy.watch?.ended(at.source, key);
      return settled;
    });
    const wait = () => ended;
    if (this.#isAlone) return this.#retried(run, this.#untilEmitted(wait));
    // It runs already, and has a place as soon as there is one.
    void this.#limiter(wait);
    return this.#retried(run, ended);
  }

  /** What becomes of a record. */
  start(run: RunRecord): Promise<Settled> {
    return this.#retried(run, this.#attempt(run));
  }

  /** A record has been emitted, or has failed. */
  emitted({ lastCtx }: RunRecord, settled: Settled): void {
    lastCtx?.keepCounts();
    this.#unemitted.get(settled)?.();
    this.#unemitted.delete(settled);
  }

  /** Records that have no place yet, or wait for another attempt, come out as `LEFT`. */
  halt(): void {
    this.#halted = true;
    this.#pauses.end();
  }

  get #limiter(): Limiter {
    return this.#tools.places.limiter;
  }

  /** Whether none starts before the one before has been emitted. */
  get #isAlone(): boolean {
    return this.#policy.watch !== undefined && !this.#policy.retryThrows;
  }

  /** Runs a record when there is a place for it. */
  #attempt(run: RunRecord): Promise<Settled> {
    if (this.#isAlone) return this.#untilEmitted(() => this.#settledOf(run));
    return this.#waiting.add(run);
  }

  #untilEmitted(run: () => Promise<Settled>): Promise<Settled> {
    return new Promise((resolve) => {
      void this.#limiter(async () => {
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
    if (this.#halted) return LEFT_TO_OTHERS;
    if (watch !== undefined || turns !== undefined || retryThrows) return this.#watched(run);
    if (this.#isOver()) return NOTHING;
    return inTime(mapRecord(script, run.record, run.ctx), this.#clock);
  }

  async #watched({ record, ctx, at, key }: RunRecord): Promise<Settled> {
    const { watch } = this.#policy;
    const { turns } = this.#tools;
    while ((await turns?.enter(this.#policy.position)) === false) if (this.#halted) return LEFT;
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
    run.lastCtx = run.ctx;
    const next = (number: number) => {
      if (number === 1) return this.#pauses.beside(first);
      const ctx = (run.lastCtx ?? run.ctx).again();
      run.lastCtx = ctx;
      return this.#pauses.beside(this.#attempt({ ...run, ctx }));
    };
    const pause = (delayMs: number) => this.#pauses.wait(delayMs);
    return retried(next, { most: retryThrows, pause, isOver: this.#isOver });
  }
}
