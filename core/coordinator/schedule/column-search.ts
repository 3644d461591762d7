/**
 * The columns of rows that are printed, where the first record that is printed says them. Until it has, there is one batch at a time.
 */
export interface ColumnSearchOptions {
  /** Whether a record has to say them. */
  readonly isNeeded: boolean;
  /** The columns, where what is committed has said them. */
  readonly committed: () => readonly string[] | undefined;
}

/** @typeParam T what waits for them */
export class ColumnSearch<T> {
  readonly #options: ColumnSearchOptions;
  #found: readonly string[] | undefined;
  readonly #held: T[] = [];

  constructor(options: ColumnSearchOptions) {
    this.#options = options;
  }

  get columns(): readonly string[] | undefined {
    return this.#found ?? this.#options.committed();
  }

  get isOn(): boolean {
    return this.#options.isNeeded && this.columns === undefined;
  }

  /** A batch has run while it was on. */
  learn(columns: readonly string[] | undefined): void {
    this.#found = columns;
  }

  /** Keeps back what will be run once a batch has come to its end. */
  hold(waiting: T): void {
    this.#held.push(waiting);
  }

  /** What was held back first. */
  next(): T | undefined {
    return this.#held.shift();
  }
}
