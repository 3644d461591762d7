/**
 * Blocks of keys of the runs that are merged, the least key first. Runs whose blocks have the same keys are walked through together: most
 * runs of a job have the same keys, and none of them is compared with itself. (A k-way merge with a heap: Knuth, The Art of Computer
 * Programming, volume 3, 5.4.1.)
 */
import { compareKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest } from "../../protocol/messages.ts";
import type { Key } from "../../script/types.ts";
import type { RunCursor } from "./run-cursor.ts";

/** Blocks with the same keys, of runs in their order. */
export interface KeyBlocks {
  readonly keys: readonly Key[];
  readonly runs: RunCursor[];
  place: number;
  /** The one at that place. */
  key: Key;
}

export class KeyBlocksHeap {
  readonly #heap: KeyBlocks[] = [];
  readonly #byKeys = new Map<readonly Key[], KeyBlocks>();
  readonly #low: GroupRequest["low"];

  /** @param low where the range of keys begins */
  constructor(runs: readonly RunCursor[], low: GroupRequest["low"]) {
    this.#low = low;
    for (const run of runs) this.#enter(run);
  }

  /** Those that have the least key at hand; undefined behind the last one. */
  top(): Readonly<KeyBlocks> | undefined {
    return this.#heap[0];
  }

  /** Moves those at the top on to their next key, or behind the last one their runs to the next blocks. */
  next(): void {
    const top = this.#heap[0] as KeyBlocks;
    if (++top.place < top.keys.length) {
      top.key = top.keys[top.place] as Key;
      this.#sink(top);
      return;
    }
    const last = this.#heap.pop() as KeyBlocks;
    if (last !== top) this.#sink(last);
    this.#byKeys.delete(top.keys);
    for (const run of top.runs) this.#enter(run);
  }

  /** Puts a run's next block to those with the same keys. All keys at hand so far are less: those are at their first key, too. */
  #enter(run: RunCursor): void {
    while (run.nextBlock()) {
      const same = this.#byKeys.get(run.keys);
      const place = same?.place ?? this.#firstPlace(run.keys);
      if (place === run.keys.length) continue;
      run.begin(place);
      if (same !== undefined) insert(same.runs, run);
      else this.#add({ keys: run.keys, runs: [run], place, key: run.keys[place] as Key });
      return;
    }
  }

  /** Of a key that is in the range, or its end. */
  #firstPlace(keys: readonly Key[]): number {
    const low = this.#low;
    if (low === undefined) return 0;
    const place = keys.findIndex((key) => compareKeys(key, low.key) >= 0);
    return place === -1 ? keys.length : place;
  }

  #add(blocks: KeyBlocks): void {
    this.#byKeys.set(blocks.keys, blocks);
    const heap = this.#heap;
    let at = heap.length;
    for (; at > 0; ) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as KeyBlocks;
      if (!comesBefore(blocks, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = blocks;
  }

  /** Puts blocks in the place of those at the top, below all that come before them. */
  #sink(blocks: KeyBlocks): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right !== undefined && comesBefore(right, heap[child] as KeyBlocks)) child++;
      const below = heap[child] as KeyBlocks;
      if (!comesBefore(below, blocks)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = blocks;
  }
}

function comesBefore(a: KeyBlocks, b: KeyBlocks): boolean {
  return compareKeys(a.key, b.key) < 0;
}

/** Mostly they come in their order. */
function insert(runs: RunCursor[], run: RunCursor): void {
  let at = runs.length;
  for (; at > 0 && (runs[at - 1] as RunCursor).order > run.order; at--) runs[at] = runs[at - 1] as RunCursor;
  runs[at] = run;
}
