/** Items that wait for a worker, in the order in which they came. */
import type { Item } from "./item-batch.ts";

const MAX_BYTES = 1024 * 1024;
/** Places in front that may be empty: a queue, not a row that moves up for each that leaves it. */
const MAX_EMPTY = 1024;

export class WaitingItems {
  readonly #items: Item[] = [];
  #at = 0;

  get size(): number {
    return this.#items.length - this.#at;
  }

  add(item: Item): void {
    this.#items.push(item);
  }

  /** The first of them, one at least where there is one, and no more bytes than a batch may have. */
  take(most: number): Item[] {
    const taken: Item[] = [];
    for (let bytes = 0; taken.length < most && this.size > 0 && bytes < MAX_BYTES; this.#at++) {
      const item = this.#items[this.#at] as Item;
      taken.push(item);
      bytes += item.line.length;
    }
    if (this.size === 0 || this.#at > MAX_EMPTY) {
      this.#items.splice(0, this.#at);
      this.#at = 0;
    }
    return taken;
  }

  /** False where it does not wait. */
  remove(item: Item): boolean {
    const at = this.#items.indexOf(item, this.#at);
    if (at === -1) return false;
    this.#items.splice(at, 1);
    return true;
  }

  /** All of them, which wait no longer. */
  clear(): Item[] {
    const items = this.#items.splice(this.#at);
    this.#items.length = this.#at = 0;
    return items;
  }
}
