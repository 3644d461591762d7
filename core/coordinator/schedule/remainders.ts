/** What workers leave of their batches, when they end or before: it is handed on to others. */
import type { Done, EarlyCut } from "../../protocol/messages.ts";
import { bytesOfChunk, splitBatch } from "../job/batch.ts";
import type { Job } from "../job/job.ts";
import { type BatchSizer, costsOf, costsOfLast, costsOfStarted } from "./batch-sizer.ts";
import type { ReorderBuffer, Slot } from "./reorder-buffer.ts";
import type { Assignment, WorkQueue } from "./work-queue.ts";

export interface RemainderOptions<Settled> {
  readonly job: Job;
  readonly queue: WorkQueue<Settled>;
  readonly sizer: BatchSizer;
  readonly buffer: ReorderBuffer<Settled>;
}

export class Remainders<Settled> {
  readonly #options: RemainderOptions<Settled>;

  constructor(options: RemainderOptions<Settled>) {
    this.#options = options;
  }

  /**
   * What a worker has started takes its time: the rest is for others before that has come to its end.
   * @returns what the worker keeps
   */
  leaveEarly({ batch, slot, head: before }: Assignment<Settled>, { cut, records }: EarlyCut): Assignment<Settled> {
    const { job, queue, sizer } = this.#options;
    const [head, rest] = splitBatch(batch, cut, job.input.separator);
    sizer.starts(records, head.bytes);
    const assignment = { batch: head, slot: this.#before(slot), head: before };
    queue.handOn({ batch: rest, slot, head: costsOfStarted(head, records) });
    return assignment;
  }

  /** @returns what the worker has done; undefined where that is nothing */
  leave({ batch, slot, head: before }: Assignment<Settled>, done: Done): Assignment<Settled> | undefined {
    const { job, queue, sizer } = this.#options;
    const { cut } = done;
    const [head, rest] = cut === undefined ? [batch] : splitBatch(batch, cut, job.input.separator);
    const costs = costsOf(head, done);
    // The assignments of a slow chunk say nothing of other chunks.
    if (before === undefined) sizer.learn(costs);
    // Of one that was halted, nothing may have been run.
    const isEmpty = head.segments.length === 0;
    if (cut === undefined || rest === undefined) return isEmpty ? undefined : { batch: head, slot, head: before };
    const assignment = isEmpty ? undefined : { batch: head, slot: this.#before(slot), head: before };
    const part = bytesOfChunk(batch, cut, job.grid);
    const last = part > 0 && cut.chunkMs !== undefined ? costsOfLast(costs, part, cut.chunkMs) : costs;
    queue.handOn({ batch: rest, slot, head: last });
    return assignment;
  }

  #before(slot: Slot<Settled>): Slot<Settled> {
    return this.#options.buffer.admit(0, slot);
  }
}
