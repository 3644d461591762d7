/** Records of a batch that wait for a place, in the order in which they came. */
import type { InputPosition } from "../../protocol/input-position.ts";
import type { Places, Waiting, WaitingBatch } from "./places.ts";
import type { Settled } from "./returned-value.ts";

export class RecordQueue<T> implements WaitingBatch<T> {
  readonly position: InputPosition;
  readonly run: (record: T) => Promise<Settled>;
  readonly #places: Places;
  /** From `#next` on. */
  readonly #waiting: (Waiting<T> | undefined)[] = [];
  #next = 0;

  /** @param position where the batch begins */
  constructor(position: InputPosition, places: Places, run: (record: T) => Promise<Settled>) {
    this.position = position;
    this.run = run;
    this.#places = places;
  }

  /** Runs a record when there is a place for it. */
  add(record: T): Promise<Settled> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#places.ask(this);
    });
  }

  take(): Waiting<T> | undefined {
    const next = this.#waiting[this.#next];
    if (next !== undefined) this.#waiting[this.#next++] = undefined;
    return next;
  }
}
