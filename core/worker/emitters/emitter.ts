/** Where a worker's values go: printed (map), folded (reduce) or grouped (keyed reduce). One emitter serves one batch. */

export interface Emitter {
  /** Takes one value and the record it came from. False when the value has no form and counts as filtered. */
  emit(value: unknown, record: unknown): boolean;
  /** Told which cursor the next records come from, where they may be passed on as they stand. */
  reads?(cursor: { raw(): string }): void;
  /** What `emit` is doing, for the message of a failure: `print`, `key` or `reduce`. */
  readonly verb: string;
  /** The chunk with this index is complete. */
  endChunk(index: number): void;
  /** Remembers the state, so that the values of a record that fails half way can be taken back. */
  mark(): () => void;
}

/** Does work that is no record's, so that no record's time runs meanwhile. */
export type Aside = <T>(work: () => T) => T;
