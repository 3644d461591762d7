/**
 * Places for asynchronous records that run at once (`--concurrency`). All batches of a worker share them, and what is in front in the
 * input goes first: the output waits for it.
 *
 * The limiter gives the places. It is asked once for each, and not for each record, which would cost more than many a record itself:
 * a place runs one record after the other until none waits.
 */
import { addInOrder, type InputPosition } from "../../protocol/input-position.ts";
import type { Limiter } from "./batch-options.ts";

/** A batch with records that wait. */
export interface WaitingBatch {
  /** Where it begins. */
  readonly position: InputPosition;
  /** Runs the next of them, and never rejects; undefined when none waits. */
  runNext(): Promise<void> | undefined;
}

export class Places {
  readonly limiter: Limiter;
  /** In input order. */
  readonly #batches: WaitingBatch[] = [];
  #taken = 0;

  constructor(limiter: Limiter) {
    this.limiter = limiter;
  }

  /** One more record of a batch waits. */
  ask(batch: WaitingBatch): void {
    if (!this.#batches.includes(batch)) addInOrder(this.#batches, batch, (each) => each.position);
    if (this.#taken >= this.limiter.concurrency) return;
    this.#taken++;
    void this.limiter(() => this.#run());
  }

  async #run(): Promise<void> {
    for (let first = this.#batches[0]; first !== undefined; first = this.#batches[0]) {
      const running = first.runNext();
      if (running === undefined) this.#batches.shift();
      else await running;
    }
    this.#taken--;
  }
}
