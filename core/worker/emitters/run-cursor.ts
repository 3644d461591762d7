/** Walks through the blocks of a part of a sorted run, and in each from key to key. */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Key } from "../../script/types.ts";
import { ABSENT } from "./group-table.ts";
import { blocksOf, type RunBlock } from "./sorted-run.ts";

/** The keys of a block by their text: blocks with the same keys have the same object. */
export type KeysOf = (keysText: string) => readonly Key[];

export interface RunCursorOptions {
  readonly order: number;
  readonly text: TextCodec;
  readonly keysOf: KeysOf;
}

export class RunCursor {
  /** The place of the run among those that are merged. */
  readonly order: number;
  /** Of the block at hand. */
  keys: readonly Key[] = [];
  readonly #blocks: Iterator<RunBlock>;
  readonly #keysOf: KeysOf;
  #block: RunBlock = { keysText: "", absent: [], accumulators: [] };
  /** How many keys up to the one at hand have been absent, and how many had an accumulator. */
  #absent = 0;
  #taken = 0;

  constructor(bytes: Uint8Array, { order, text, keysOf }: RunCursorOptions) {
    this.order = order;
    this.#blocks = blocksOf(bytes, text);
    this.#keysOf = keysOf;
  }

  /** Goes to the next block; false when there is none. */
  nextBlock(): boolean {
    const { done, value } = this.#blocks.next();
    if (done) return false;
    this.#block = value;
    this.keys = this.#keysOf(value.keysText);
    this.#absent = 0;
    return true;
  }

  /** Passes by the keys before a place of the block. */
  begin(place: number): void {
    const { absent } = this.#block;
    while (this.#absent < absent.length && (absent[this.#absent] as number) < place) this.#absent++;
    this.#taken = place - this.#absent;
  }

  /** The accumulator of the next key, which is at this place of the block; or ABSENT. */
  take(place: number): unknown {
    const { absent, accumulators } = this.#block;
    if (absent[this.#absent] === place) {
      this.#absent++;
      return ABSENT;
    }
    return accumulators[this.#taken++];
  }
}
