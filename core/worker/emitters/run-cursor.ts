/** Walks through the groups of a part of a sorted run that are in a range of keys, in their order. */
import type { TextCodec } from "../../platform/text-codec.ts";
import { compareKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest } from "../../protocol/messages.ts";
import type { Key } from "../../script/types.ts";
import { blocksOf, type RunBlock } from "./sorted-run.ts";

/** The keys of a block by their text: where blocks have the same keys, these are parsed once. */
export type KeysOf = (keysText: string) => readonly Key[];

export class RunCursor {
  /** Of the group at hand. */
  key: Key = null;
  accumulator: unknown;
  /** The place of the run among those that are merged. */
  readonly order: number;
  readonly #blocks: Iterator<RunBlock>;
  readonly #keysOf: KeysOf;
  readonly #range: Pick<GroupRequest, "low" | "high">;
  #block: RunBlock = { keysText: "", absent: [], accumulators: [] };
  #keys: readonly Key[] = [];
  /** Of the block: the next key, how many have been absent, and how many had an accumulator. */
  #place = 0;
  #absent = 0;
  #taken = 0;

  constructor(bytes: Uint8Array, options: RunCursorOptions) {
    this.order = options.order;
    this.#blocks = blocksOf(bytes, options.text);
    this.#keysOf = options.keysOf;
    this.#range = options.range;
  }

  /** Goes to the next group; false when there is none. */
  advance(): boolean {
    const { low, high } = this.#range;
    do if (!this.#step()) return false;
    while (low !== undefined && compareKeys(this.key, low.key) < 0);
    return high === undefined || compareKeys(this.key, high.key) < 0;
  }

  #step(): boolean {
    while (this.#block.absent[this.#absent] === this.#place) {
      this.#absent++;
      this.#place++;
    }
    if (this.#place === this.#keys.length) return this.#nextBlock() && this.#step();
    this.key = this.#keys[this.#place++] as Key;
    this.accumulator = this.#block.accumulators[this.#taken++];
    return true;
  }

  #nextBlock(): boolean {
    const { done, value } = this.#blocks.next();
    if (done) return false;
    this.#block = value;
    this.#keys = this.#keysOf(value.keysText);
    this.#place = this.#absent = this.#taken = 0;
    return true;
  }
}

export interface RunCursorOptions {
  readonly order: number;
  readonly text: TextCodec;
  readonly keysOf: KeysOf;
  readonly range: Pick<GroupRequest, "low" | "high">;
}
