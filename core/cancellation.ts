/**
 * A halt: something that may happen at any time and ends all waiting.
 *
 * A Promise.race with a promise that lives as long as the job would keep every value that it was ever raced against; a
 * wait on a halt leaves nothing behind.
 */
export class Halt {
  #waiting = new Set<() => void>();
  #halted = false;

  get halted(): boolean {
    return this.#halted;
  }

  halt(): void {
    this.#halted = true;
    for (const stop of this.#waiting) stop();
    this.#waiting.clear();
  }

  /** The promise's value, or undefined when the halt comes first. */
  unless<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.#halted) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const stop = () => resolve(undefined);
      this.#waiting.add(stop);
      promise.then(
        (value) => {
          this.#waiting.delete(stop);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(stop);
          reject(error);
        },
      );
    });
  }
}
