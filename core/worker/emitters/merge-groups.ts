/**
 * Grouped reduce, its second half: one range of keys out of all sorted runs is merged and printed in the order of the keys. The
 * accumulators of a key are merged in the order of the runs, which is that of the input.
 */
import type { TextCodec } from "../../platform/text-codec.ts";
import { compareKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest, RunSlice } from "../../protocol/messages.ts";
import type { Key, Script } from "../../script/types.ts";
import { createFolder, type Folder, finished } from "./folder.ts";
import { ABSENT } from "./group-table.ts";
import { type KeyBlocks, KeyBlocksHeap } from "./key-blocks.ts";
import { RunCursor } from "./run-cursor.ts";
import { keysOf } from "./sorted-run.ts";

export interface GroupOptions {
  readonly request: GroupRequest;
  readonly script: Script;
  /** Whether what `finish` makes is printed with its key, too. */
  readonly withKeys: boolean;
  readonly text: TextCodec;
  /** The bytes of a slice. */
  readonly read: (slice: RunSlice) => Uint8Array;
  readonly print: (value: unknown) => void;
}

export function mergeGroups({ request, script, withKeys, text, read, print }: GroupOptions): void {
  const known = new Map<string, readonly Key[]>();
  const knownKeysOf = (keysText: string): readonly Key[] => {
    let keys = known.get(keysText);
    if (keys === undefined) {
      keys = keysOf(keysText);
      known.set(keysText, keys);
    }
    return keys;
  };
  const runs = request.slices.map((slice, order) => new RunCursor(read(slice), { order, text, keysOf: knownKeysOf }));
  const folder = createFolder(script);
  const { finish } = script;
  mergeEach(new KeyBlocksHeap(runs, request.low), request.high, folder.merge, (key, accumulator) => {
    const value = finish === undefined ? accumulator : finished(finish, accumulator, key);
    if (finish === undefined || (withKeys && value !== undefined)) print({ key, value });
    else if (value !== undefined) print(value);
  });
}

/** Calls `use` in turn: a generator's frame in the stack of an error has no file that would tell it from the script's. */
function mergeEach(
  heap: KeyBlocksHeap,
  high: GroupRequest["high"],
  merge: Folder["merge"],
  use: (key: Key, accumulator: unknown) => void,
): void {
  const partials = new Partials();
  for (let top = heap.top(); top !== undefined; top = heap.top()) {
    const { key } = top;
    if (high !== undefined && compareKeys(key, high.key) >= 0) return;
    partials.count = 0;
    partials.take(top);
    heap.next();
    for (let same = heap.top(); same !== undefined; same = heap.top()) {
      if (compareKeys(same.key, key) !== 0) break;
      partials.take(same);
      heap.next();
    }
    if (partials.count > 0) use(key, partials.merged(merge));
  }
}

/** The accumulators of a key, in the order of their runs. */
class Partials {
  count = 0;
  readonly #accumulators: unknown[] = [];
  readonly #orders: number[] = [];

  /** Adds those of some more runs, which may come before others. */
  take({ runs, place }: Readonly<KeyBlocks>): void {
    for (let i = 0; i < runs.length; i++) {
      const run = runs[i] as RunCursor;
      const accumulator = run.take(place);
      if (accumulator !== ABSENT) this.#insert(run.order, accumulator);
    }
  }

  #insert(order: number, accumulator: unknown): void {
    const orders = this.#orders;
    const accumulators = this.#accumulators;
    let at = this.count++;
    for (; at > 0 && (orders[at - 1] as number) > order; at--) {
      orders[at] = orders[at - 1] as number;
      accumulators[at] = accumulators[at - 1];
    }
    orders[at] = order;
    accumulators[at] = accumulator;
  }

  merged(merge: Folder["merge"]): unknown {
    let accumulator = this.#accumulators[0];
    for (let i = 1; i < this.count; i++) accumulator = merge(accumulator, this.#accumulators[i]);
    return accumulator;
  }
}
