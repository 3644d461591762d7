/**
 * A cancellation: something that may happen at any time and ends all waiting.
 *
 * A Promise.race with a promise that lives as long as the job would keep every value that it was ever raced against; a
 * wait on a cancellation leaves nothing behind.
 */
export class CancellationToken {
  #waiting = new Set<() => void>();
  #cancelled = false;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    this.#cancelled = true;
    for (const stop of this.#waiting) stop();
    this.#waiting.clear();
  }

  /** The promise's value, or undefined when the cancellation comes first. */
  race<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.#cancelled) return Promise.resolve(undefined);
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
