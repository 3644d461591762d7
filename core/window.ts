/**
 * The window: spans given out whose output is not yet committed.
 *
 * Spans are settled in any order and committed in input order, one after the other. What waits for its turn is bounded
 * in spans and in bytes; beyond that nothing new is admitted, except what the commit itself is waiting for.
 */
export interface WindowOptions<T> {
  readonly maxOpen: () => number;
  readonly maxBytes: () => number;
  /** Called in input order, one at a time. */
  readonly commit: (settled: T) => Promise<void> | undefined;
}

interface Entry<T> {
  settled: { readonly value: T } | undefined;
  bytes: number;
}

export class Window<T> {
  readonly #options: WindowOptions<T>;
  readonly #entries: Entry<T>[] = [];
  #bytes = 0;
  #committing = false;
  #wakeRoom: (() => void)[] = [];
  #wakeEmpty: (() => void)[] = [];
  #fail: (error: unknown) => void = () => {};
  /** Never resolves; rejects with what a commit threw. */
  readonly failed: Promise<never>;

  constructor(options: WindowOptions<T>) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** Spans that are open. */
  get open(): number {
    return this.#entries.length;
  }

  /** Resolves when another span may be given out. */
  async room(): Promise<void> {
    while (this.#entries.length >= this.#options.maxOpen() || this.#bytes >= this.#options.maxBytes()) {
      await new Promise<void>((resolve) => this.#wakeRoom.push(resolve));
    }
  }

  /** Opens the next span's place. Call the result once, with the outcome and the bytes that wait with it. */
  admit(heldBytes: number): (value: T, bytes: number) => void {
    const entry: Entry<T> = { settled: undefined, bytes: heldBytes };
    this.#entries.push(entry);
    this.#bytes += heldBytes;
    return (value, bytes) => {
      entry.settled = { value };
      entry.bytes += bytes;
      this.#bytes += bytes;
      void this.#commitReady();
    };
  }

  /** Counts bytes that wait for something else than their turn. Call the result when they no longer wait. */
  hold(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
      wake(this.#wakeRoom);
    };
  }

  /** Resolves when every admitted span has been committed. */
  async empty(): Promise<void> {
    while (this.#entries.length > 0) await new Promise<void>((resolve) => this.#wakeEmpty.push(resolve));
  }

  async #commitReady(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    try {
      for (let head = this.#entries[0]; head?.settled !== undefined; head = this.#entries[0]) {
        const pending = this.#options.commit(head.settled.value);
        if (pending !== undefined) await pending;
        this.#entries.shift();
        this.#bytes -= head.bytes;
        wake(this.#wakeRoom);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#committing = false;
    if (this.#entries.length === 0) wake(this.#wakeEmpty);
  }
}

function wake(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
