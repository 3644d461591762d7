/** Records of a batch that wait for a place, in the order in which they came. */
import type { InputPosition } from "../../protocol/input-position.ts";
import type { Places, WaitingBatch } from "./places.ts";
import type { Settled } from "./returned-value.ts";

interface Waiting<T> {
  readonly record: T;
  readonly resolve: (settled: Settled) => void;
  readonly reject: (error: unknown) => void;
}

export class RecordQueue<T> implements WaitingBatch {
  readonly position: InputPosition;
  readonly #places: Places;
  readonly #run: (record: T) => Promise<Settled>;
  /** From `#next` on. */
  readonly #waiting: (Waiting<T> | undefined)[] = [];
  #next = 0;

  /** @param position where the batch begins */
  constructor(position: InputPosition, places: Places, run: (record: T) => Promise<Settled>) {
    this.position = position;
    this.#places = places;
    this.#run = run;
  }

  /** Runs a record when there is a place for it. */
  add(record: T): Promise<Settled> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#places.ask(this);
    });
  }

  runNext(): Promise<void> | undefined {
    const next = this.#waiting[this.#next];
    if (next === undefined) return undefined;
    this.#waiting[this.#next++] = undefined;
    return this.#settle(next);
  }

  async #settle({ record, resolve, reject }: Waiting<T>): Promise<void> {
    try {
      resolve(await this.#run(record));
    } catch (error) {
      reject(error);
    }
  }
}
