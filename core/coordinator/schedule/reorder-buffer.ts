/**
 * The window: batches given out whose output is not yet committed.
 *
 * Batches are settled in any order and committed in input order, one after the other. What waits for its slot is bounded
 * in batches and in bytes; beyond that nothing new is admitted, except what the commit itself is waiting for.
 */
import { InternalError } from "../../errors.ts";

export interface ReorderBufferOptions<T> {
  readonly maxOpen: () => number;
  readonly maxBytes: () => number;
  /** Called in input order, one at a time. */
  readonly commit: (settled: T) => Promise<void> | undefined;
  /** Called when there may be room again, or nothing left. */
  readonly onChange?: () => void;
  /** Resolves when the event loop has looked at everything else. */
  readonly pause?: () => Promise<void>;
}

/** A batch's slot in the order of the output. */
export interface Slot<T> {
  /**
   * Settles it once, with the outcome and the bytes that wait with it.
   * @throws {InternalError} when it has been settled before
   */
  settle(value: T, bytes: number): void;
}

interface Entry<T> extends Slot<T> {
  settled: { readonly value: T } | undefined;
  bytes: number;
  /** The slots before and behind this one. */
  before: Entry<T> | undefined;
  behind: Entry<T> | undefined;
}

/** After this number of commits in a row the event loop serves signals, timers and pipes. */
const COMMITS_AT_ONCE = 256;

export class ReorderBuffer<T> {
  readonly #options: ReorderBufferOptions<T>;
  #first: Entry<T> | undefined;
  #last: Entry<T> | undefined;
  #open = 0;
  #bytes = 0;
  #committing = false;
  #wakeRoom: (() => void)[] = [];
  #wakeEmpty: (() => void)[] = [];
  #fail: (error: unknown) => void = () => {};
  /** Never resolves; rejects with what a commit threw. */
  readonly failed: Promise<never>;

  constructor(options: ReorderBufferOptions<T>) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** Batches that are open. */
  get open(): number {
    return this.#open;
  }

  /** Whether another batch may be given out: at the end, or in front of a slot, which does not wait for what comes behind it. */
  hasRoom(inFrontOf?: Slot<T>): boolean {
    const { maxOpen, maxBytes } = this.#options;
    const most = maxOpen();
    if (this.#open < most && this.#bytes < maxBytes()) return true;
    if (inFrontOf === undefined) return false;
    let ahead = 0;
    let bytes = 0;
    for (let entry = this.#first; entry !== undefined && entry !== inFrontOf; entry = entry.behind) {
      bytes += entry.bytes;
      if (++ahead >= most) return false;
    }
    return ahead < most && bytes < maxBytes();
  }

  /** Resolves when another batch may be given out. */
  async room(): Promise<void> {
    while (!this.hasRoom()) await new Promise<void>((resolve) => this.#wakeRoom.push(resolve));
  }

  /** Opens the next batch's slot: the last one, or the one in front of another that is not settled yet. */
  admit(heldBytes: number, inFrontOf?: Slot<T>): Slot<T> {
    const behind = inFrontOf as Entry<T> | undefined;
    const before = behind === undefined ? this.#last : behind.before;
    const entry: Entry<T> = {
      settled: undefined,
      bytes: heldBytes,
      before,
      behind,
      settle: (value, bytes) => {
        if (entry.settled !== undefined) throw new InternalError("a batch has been settled twice");
        entry.settled = { value };
        entry.bytes += bytes;
        this.#bytes += bytes;
        void this.#commitReady();
      },
    };
    if (before === undefined) this.#first = entry;
    else before.behind = entry;
    if (behind === undefined) this.#last = entry;
    else behind.before = entry;
    this.#open++;
    this.#bytes += heldBytes;
    return entry;
  }

  /** Counts bytes that wait for something else than their slot. Call the result when they no longer wait. */
  hold(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
      this.#changed();
    };
  }

  /** Resolves when every admitted batch has been committed. */
  async empty(): Promise<void> {
    while (this.#open > 0) await new Promise<void>((resolve) => this.#wakeEmpty.push(resolve));
  }

  async #commitReady(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    try {
      let commits = 0;
      for (let head = this.#first; head?.settled !== undefined; head = this.#first) {
        const pending = this.#options.commit(head.settled.value);
        if (pending !== undefined) await pending;
        this.#removeFirst(head);
        this.#changed();
        if (++commits % COMMITS_AT_ONCE === 0) await this.#options.pause?.();
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#committing = false;
    if (this.#open === 0) wake(this.#wakeEmpty);
  }

  #removeFirst({ behind, bytes }: Entry<T>): void {
    this.#first = behind;
    if (behind === undefined) this.#last = undefined;
    else behind.before = undefined;
    this.#open--;
    this.#bytes -= bytes;
  }

  #changed(): void {
    wake(this.#wakeRoom);
    this.#options.onChange?.();
  }
}

function wake(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
