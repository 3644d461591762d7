/** The pauses of a batch's records between two attempts, and whether anything of the batch runs beside them. */

export class Pauses {
  readonly #after: (delayMs: number, task: () => void) => () => void;
  readonly #tell: ((pauses: boolean) => void) | undefined;
  readonly #ends = new Set<() => void>();
  /** Attempts that run, or wait for a place. */
  #running = 0;
  #isAlone = false;
  #hasEnded = false;

  /**
   * @param after calls `task` after `delayMs`, unless the function that it returns is called before
   * @param tell is told each time from when on there are only pauses, and when that is over
   */
  constructor(after: (delayMs: number, task: () => void) => () => void, tell: ((pauses: boolean) => void) | undefined) {
    this.#after = after;
    this.#tell = tell;
  }

  /** Resolves after `delayMs`, or when the pauses are ended. */
  wait(delayMs: number): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#after(delayMs, () => end());
      const end = () => {
        cancel();
        this.#ends.delete(end);
        resolve();
      };
      this.#ends.add(end);
      this.#changed();
    });
  }

  /** What an attempt comes to; while it lasts, there are not only pauses. */
  async beside<T>(attempt: Promise<T>): Promise<T> {
    this.#running++;
    this.#changed();
    const outcome = await attempt;
    this.#running--;
    this.#changed();
    return outcome;
  }

  /** Ends those there are, and makes no others. */
  end(): void {
    this.#hasEnded = true;
    for (const end of this.#ends) end();
  }

  #changed(): void {
    const isAlone = this.#running === 0 && this.#ends.size > 0;
    if (isAlone === this.#isAlone) return;
    this.#isAlone = isAlone;
    this.#tell?.(isAlone);
  }
}
