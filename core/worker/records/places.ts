/**
 * Places for asynchronous records that run at once (`--concurrency`). All batches of a worker share them, and what is in front in the
 * input goes first: the output waits for it.
 *
 * The limiter gives the places. It is asked once for each, and not for each record, which would cost more than many a record itself:
 * a place runs one record after the other until none waits.
 */
import { addInOrder, type InputPosition } from "../../protocol/input-position.ts";
import type { Settled } from "./returned-value.ts";

/** Runs `task` when fewer than the allowed number are running: p-limit's shape. */
export interface Limiter {
  <T>(task: () => Promise<T>): Promise<T>;
  /** How many tasks it runs at once. */
  readonly concurrency: number;
}

/** A record that waits, and who waits for what it comes to. */
export interface Waiting<T> {
  readonly record: T;
  readonly resolve: (settled: Settled) => void;
  readonly reject: (error: unknown) => void;
}

/** A batch with records that wait. */
export interface WaitingBatch<T> {
  /** Where it begins. */
  readonly position: InputPosition;
  readonly run: (record: T) => Promise<Settled>;
  /** The next of them. */
  take(): Waiting<T> | undefined;
}

export class Places {
  readonly limiter: Limiter;
  /** In input order. */
  readonly #batches: WaitingBatch<unknown>[] = [];
  #taken = 0;

  constructor(limiter: Limiter) {
    this.limiter = limiter;
  }

  /** One more record of a batch waits. */
  ask<T>(batch: WaitingBatch<T>): void {
    const one = batch as WaitingBatch<unknown>;
    if (!this.#batches.includes(one)) addInOrder(this.#batches, one, ({ position }) => position);
    if (this.#taken >= this.limiter.concurrency) return;
    this.#taken++;
    void this.limiter(() => this.#run());
  }

  async #run(): Promise<void> {
    for (let first = this.#batches[0]; first !== undefined; first = this.#batches[0]) {
      const waiting = first.take();
      if (waiting === undefined) {
        this.#batches.shift();
        continue;
      }
      try {
        waiting.resolve(await first.run(waiting.record));
      } catch (error) {
        waiting.reject(error);
      }
    }
    this.#taken--;
  }
}
