/** The values of many items, in their order. Items are read ahead, and no value waits for an item that is still to come. */
import { UsageError } from "../../core/errors.ts";
import { shown } from "../typed-values.ts";
import { asPmapError } from "./errors.ts";

/** An item that runs, or waits for a worker, before its values are wanted. */
export interface ItemAhead {
  readonly values: Promise<readonly unknown[]>;
  /** Takes it out of the queue, where it has not begun. */
  withdraw(): void;
}

export interface MapItemsOptions {
  /** Items that are read, and whose values have not been taken. */
  readonly most: number;
  readonly ask: (item: unknown) => ItemAhead;
}

/**
 * An input that throws ends it behind the values of the items before.
 * @throws {PmapError} for items that cannot be iterated
 */
export async function* mapItems(
  items: Iterable<unknown> | AsyncIterable<unknown>,
  { most, ask }: MapItemsOptions,
): AsyncIterableIterator<unknown> {
  checkItems(items);
  const ahead: ItemAhead[] = [];
  let isRead = false;
  let isLeft = false;
  // The reader waits when `ahead` is full, the caller when it is empty: never both.
  let wake = () => {};
  const changed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  async function read(): Promise<void> {
    try {
      for await (const item of items) {
        if (!isLeft) ahead.push(ask(item));
        wake();
        while (ahead.length >= most && !isLeft) await changed();
        if (isLeft) return;
      }
    } finally {
      isRead = true;
      wake();
    }
  }

  const reading = read();
  // Awaited at the end.
  reading.catch(() => {});
  try {
    while (ahead.length > 0 || !isRead) {
      const [first] = ahead;
      if (first === undefined) await changed();
      else {
        const values = await first.values;
        ahead.shift();
        wake();
        for (const value of values) yield value;
      }
    }
    await reading;
  } finally {
    isLeft = true;
    const isBetweenItems = ahead.length >= most;
    for (const { withdraw } of ahead) withdraw();
    wake();
    // In the middle of an item an input may wait for an answer that never comes: it ends when it has given the item.
    if (isBetweenItems) await reading;
  }
}

/** @throws {PmapError} for items that cannot be iterated */
function checkItems(items: unknown): void {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: plain } = (items ?? {}) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  if (typeof (asynchronous ?? plain) === "function") return;
  throw asPmapError(new UsageError(`Cannot run the items: expected an iterable, not ${shown(items)}`));
}
