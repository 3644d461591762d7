/** Which worker may start its next record: of all workers together a number a second (`--rate`), and a number at once. */
import { addInOrder, type InputPosition } from "../../protocol/input-position.ts";
import type { StartLimits } from "../../protocol/worker-settings.ts";

export interface Starter {
  /** This number of records may start. */
  allow(count: number): void;
}

interface Ask {
  readonly worker: Starter;
  readonly batch: InputPosition;
}

export interface StartGateOptions extends StartLimits {
  readonly now: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

/** What a timer that is late may catch up. */
const SLACK_MS = 50;
const FIRST: InputPosition = { source: 0, start: 0 };

export class StartGate {
  readonly #options: StartGateOptions;
  /** One for each record that would start: in input order by their batches, because the output waits for what is in front. */
  #waiting: Ask[] = [];
  readonly #running = new Map<Starter, number>();
  #runningAll = 0;
  /** When the next record may start. */
  #nextMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /**
   * @param starts how many more records a worker would start
   * @param ended how many of those that it has started have come to an end
   * @param batch where their batch begins
   */
  ask(worker: Starter, starts: number, ended: number, batch: InputPosition = FIRST): void {
    // Time in which nothing wanted to start is not made up for.
    if (this.#waiting.length === 0) this.#nextMs = Math.max(this.#nextMs, this.#options.now());
    for (let i = 0; i < starts; i++) addInOrder(this.#waiting, { worker, batch }, (ask) => ask.batch);
    this.#end(worker, ended);
    this.#serve();
  }

  /** The worker is gone: it starts nothing, and what it had started has ended. */
  forget(worker: Starter): void {
    this.#waiting = this.#waiting.filter((ask) => ask.worker !== worker);
    this.#end(worker, Number.POSITIVE_INFINITY);
    this.#serve();
  }

  #end(worker: Starter, count: number): void {
    const running = this.#running.get(worker) ?? 0;
    const ended = Math.min(running, count);
    this.#runningAll -= ended;
    if (ended === running) this.#running.delete(worker);
    else this.#running.set(worker, running - ended);
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const { perSecond, total = Number.POSITIVE_INFINITY, now, after } = this.#options;
    const nowMs = now();
    const allowed = new Map<Starter, number>();
    while (this.#waiting.length > 0 && this.#runningAll < total) {
      if (perSecond !== undefined) {
        if (this.#nextMs > nowMs) {
          this.#cancelTimer = after(this.#nextMs - nowMs, () => this.#serve());
          break;
        }
        this.#nextMs = Math.max(this.#nextMs, nowMs - SLACK_MS) + 1000 / perSecond;
      }
      const { worker } = this.#waiting.shift() as Ask;
      this.#runningAll++;
      this.#running.set(worker, (this.#running.get(worker) ?? 0) + 1);
      allowed.set(worker, (allowed.get(worker) ?? 0) + 1);
    }
    for (const [worker, count] of allowed) worker.allow(count);
  }
}
