/**
 * The queue: what is given out next. What a worker has handed on comes before what the plan still has, the earliest
 * first, because the output waits for it.
 */
import { byteCount } from "../../bytes.ts";
import { addInOrder } from "../../protocol/input-position.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";
import { firstAssignment, type Splitting } from "../job/batch.ts";
import type { BatchSizer, HeadCosts } from "./batch-sizer.ts";
import type { BatchSource } from "./chunk-plan.ts";
import type { ReorderBuffer, Slot } from "./reorder-buffer.ts";

/** A batch to run, and where its output belongs. */
export interface Assignment<T> {
  readonly batch: Batch;
  readonly slot: Slot<T>;
  /** Of what has been handed on: what the part before it has cost. */
  readonly head?: HeadCosts | undefined;
}

/** What is left of a batch. */
export type Remainder<T> = Assignment<T> & {
  readonly head: HeadCosts;
  /** Assignments that it has given. */
  readonly given?: number;
};

export interface WorkQueueOptions<T> {
  readonly plan: BatchSource;
  readonly sizer: BatchSizer;
  readonly buffer: ReorderBuffer<T>;
  readonly splitting: Splitting;
}

const NO_WAITER = () => {};

export class WorkQueue<T> {
  readonly #options: WorkQueueOptions<T>;
  /** Rests of batches, each with the slot of its last assignment; in input order. */
  readonly #handedOn: Remainder<T>[] = [];
  /** What a stream is to give next, while it is on its way. */
  #coming: Promise<void> | undefined;
  #arrived: Batch | undefined;
  #failure: { readonly error: unknown } | undefined;
  #planEnded = false;
  #wake = NO_WAITER;
  /** Whether something has changed since the last look: between a look and the wait, promises are settled. */
  #news = false;

  constructor(options: WorkQueueOptions<T>) {
    this.#options = options;
  }

  /** Whether there is, or may be, something that no worker has yet. */
  get hasMore(): boolean {
    const { left } = this.#options.plan;
    return left === undefined || left > 0 || this.#arrived !== undefined || this.#handedOn.length > 0;
  }

  /** Whether there is nothing left to give out, and nothing can be handed on. */
  get isDone(): boolean {
    return this.#planEnded && this.#options.buffer.open === 0;
  }

  /** Whether all has been given out, as far as is known: what is being worked on may still come back. */
  get isSpent(): boolean {
    return this.#planEnded && this.#handedOn.length === 0;
  }

  /** Takes the rest of a batch back. Its slot is that of its last assignment. */
  handOn(rest: Remainder<T>): void {
    addInOrder(this.#handedOn, rest, ({ batch }) => batch.segments[0] as Segment);
    this.changed();
  }

  /** Something has been committed. */
  changed(): void {
    this.#news = true;
    this.#wake();
  }

  /** The next assignment, where there is one and room for it in the window. */
  take(): Assignment<T> | undefined {
    this.#news = false;
    const first = this.#handedOn[0];
    if (first !== undefined && this.#options.buffer.hasRoom(first.slot)) return this.#assignmentOf(first);
    const batch = this.#nextPlanned();
    return batch && { batch, slot: this.#options.buffer.admit(byteCount(batch.block?.pieces ?? [])) };
  }

  /**
   * All that has been handed on, for the end, when nothing new is given out.
   * @param how in assignments, to be run, or each rest as it is
   */
  takeHandedOn(how: "in assignments" | "whole"): Assignment<T>[] {
    if (how === "whole") return this.#handedOn.splice(0);
    const assignments: Assignment<T>[] = [];
    for (let first = this.#handedOn[0]; first !== undefined; first = this.#handedOn[0])
      assignments.push(this.#assignmentOf(first));
    return assignments;
  }

  /**
   * Resolves when there may be another assignment, or no more, since the last `take` or `change`. Rejects with what a source
   * says that cannot be read.
   */
  change(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        // Once: what changes after this is news again.
        this.#wake = NO_WAITER;
        this.#news = false;
        if (this.#failure === undefined) resolve();
        else reject(this.#failure.error);
      };
      if (this.#news || this.#failure !== undefined) this.#wake();
    });
  }

  #assignmentOf(first: Remainder<T>): Assignment<T> {
    const { plan, sizer, buffer, splitting } = this.#options;
    const { given = 0 } = first;
    const bytes = sizer.assignment(first.batch.bytes + (plan.left ?? 0), first.head, given);
    const [batch, rest] = firstAssignment(first.batch, bytes, splitting);
    if (rest === undefined) {
      this.#handedOn.shift();
      return first;
    }
    this.#handedOn[0] = { ...first, batch: rest, given: given + 1 };
    // What a stream has given is counted in the slot of the last assignment, for all of them.
    return { batch, slot: buffer.admit(0, first.slot), head: first.head };
  }

  #nextPlanned(): Batch | undefined {
    if (this.#coming !== undefined || !this.#options.buffer.hasRoom()) return undefined;
    const arrived = this.#arrived;
    if (arrived !== undefined) {
      this.#arrived = undefined;
      return arrived;
    }
    if (this.#planEnded || this.#failure !== undefined) return undefined;
    const { plan, sizer } = this.#options;
    const next = plan.next(sizer.bytes(plan.left), sizer);
    if (next instanceof Promise) this.#coming = next.then(this.#arrive, this.#fail);
    else if (next === undefined) this.#planEnded = true;
    else return next;
    return undefined;
  }

  readonly #arrive = (batch: Batch | undefined): void => {
    this.#coming = undefined;
    this.#arrived = batch;
    this.#planEnded = batch === undefined;
    this.changed();
  };

  readonly #fail = (error: unknown): void => {
    this.#coming = undefined;
    this.#failure = { error };
    this.changed();
  };
}
