/** With `--unordered`: a batch's output is written as soon as it is there, one after the other, and fills its slot then. */
import type { Batch } from "../job/batch.ts";
import type { ReorderBuffer, Slot } from "../schedule/reorder-buffer.ts";
import type { DoneOutcome } from "../workers/reply.ts";
import type { Settled } from "./committer.ts";

export interface UnorderedWritesOptions {
  readonly buffer: ReorderBuffer<Settled>;
  readonly write: (batch: Batch, outcome: DoneOutcome) => Promise<void> | undefined;
}

export class UnorderedWrites {
  readonly #options: UnorderedWritesOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: UnorderedWritesOptions) {
    this.#options = options;
  }

  /** @param bytes what it takes until it is written */
  add(slot: Slot<Settled>, batch: Batch, outcome: DoneOutcome, bytes: number): void {
    const { buffer, write } = this.#options;
    const release = buffer.hold(bytes);
    this.#last = this.#last.then(() => write(batch, outcome)).finally(release);
    void this.#last.then(
      () => slot.settle({ batch, outcome, written: true }, 0),
      (error: unknown) => slot.settle({ batch, outcome: { tag: "error", error }, written: true }, 0),
    );
  }
}
