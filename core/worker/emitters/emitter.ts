/** Where a worker's values go: printed (map), folded (reduce) or grouped (keyed reduce). One emitter serves one batch. */

import type { TextCodec } from "../../platform/text-codec.ts";
import type { NodeHead, SortedRun } from "../../protocol/messages.ts";

export interface Emitter {
  /** Takes one value and the record it came from. False when the value has no form and counts as filtered. */
  emit(value: unknown, record: unknown): boolean;
  /**
   * Takes all values of a record, where what can fail before the first of them is taken is done for all. Otherwise they are emitted
   * one by one.
   * @returns how many have a form
   */
  emitAll?(values: readonly unknown[], record: unknown): number;
  /** Told which cursor the next records come from, where they may be passed on as they stand. */
  reads?(cursor: { raw(): string }): void;
  /** What `emit` is doing, for the message of a failure: `print`, `key` or `reduce`. */
  readonly verb: string;
  /** The chunk with this index is complete. */
  endChunk(index: number): void;
  /** Remembers the state: what it gives takes the values since then back, or is false where they have been reduced. */
  mark(): () => boolean;
}

/** An emitter that also gives what a batch has come to. */
export interface BatchEmitter extends Emitter {
  /** How much it holds so far, in bytes of output. */
  readonly bytes: number;
  /** What the batch has come to. The emitter gives it away. */
  finish(text: TextCodec): Emitted;
}

export interface Emitted {
  readonly output: Uint8Array[];
  /** Nodes of the merge tree, and the bytes of their values. */
  readonly nodes: readonly NodeHead[];
  readonly values: Uint8Array[];
  readonly runs: readonly SortedRun[];
}

export const NOTHING_EMITTED: Emitted = { output: [], nodes: [], values: [], runs: [] };

/** Does work that is no record's, so that no record's time runs meanwhile. */
export type Aside = <T>(work: () => T) => T;
