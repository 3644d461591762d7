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
  /** Called when there may be room again, or nothing left. */
  readonly onChange?: () => void;
}

/** A span's turn in the order of the output. To be settled once, with the outcome and the bytes that wait with it. */
export interface Turn<T> {
  settle(value: T, bytes: number): void;
}

interface Entry<T> extends Turn<T> {
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

  /** Whether another span may be given out: at the end, or in front of a turn, which does not wait for what comes behind it. */
  hasRoom(inFrontOf?: Turn<T>): boolean {
    const { maxOpen, maxBytes } = this.#options;
    if (this.#entries.length < maxOpen() && this.#bytes < maxBytes()) return true;
    if (inFrontOf === undefined) return false;
    const ahead = this.#entries.slice(0, this.#entries.indexOf(inFrontOf as Entry<T>));
    return ahead.length < maxOpen() && ahead.reduce((sum, { bytes }) => sum + bytes, 0) < maxBytes();
  }

  /** Resolves when another span may be given out. */
  async room(): Promise<void> {
    while (!this.hasRoom()) await new Promise<void>((resolve) => this.#wakeRoom.push(resolve));
  }

  /** Opens the next span's turn: the last one, or the one in front of another that is not settled yet. */
  admit(heldBytes: number, inFrontOf?: Turn<T>): Turn<T> {
    const entry: Entry<T> = {
      settled: undefined,
      bytes: heldBytes,
      settle: (value, bytes) => {
        entry.settled = { value };
        entry.bytes += bytes;
        this.#bytes += bytes;
        void this.#commitReady();
      },
    };
    if (inFrontOf === undefined) this.#entries.push(entry);
    else this.#entries.splice(this.#entries.indexOf(inFrontOf as Entry<T>), 0, entry);
    this.#bytes += heldBytes;
    return entry;
  }

  /** Counts bytes that wait for something else than their turn. Call the result when they no longer wait. */
  hold(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
      this.#changed();
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
        this.#changed();
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#committing = false;
    if (this.#entries.length === 0) wake(this.#wakeEmpty);
  }

  #changed(): void {
    wake(this.#wakeRoom);
    this.#options.onChange?.();
  }
}

function wake(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
