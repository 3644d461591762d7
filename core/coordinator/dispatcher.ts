/**
 * Gives batches to workers as these have room, and puts each outcome into its slot. What is left of a batch whose time is over
 * is given out again.
 */
import { byteCount } from "../bytes.ts";
import type { CancellationToken } from "../cancellation.ts";
import type { EarlyCut } from "../protocol/messages.ts";
import type { Settled } from "./commit/committer.ts";
import { UnorderedWrites } from "./commit/unordered-writes.ts";
import type { Batch } from "./job/batch.ts";
import { decodesUnits, type Job } from "./job/job.ts";
import type { BatchSizer } from "./schedule/batch-sizer.ts";
import { ColumnSearch } from "./schedule/column-search.ts";
import { FirstFailure } from "./schedule/first-failure.ts";
import { Remainders } from "./schedule/remainders.ts";
import type { ReorderBuffer } from "./schedule/reorder-buffer.ts";
import type { Assignment, WorkQueue } from "./schedule/work-queue.ts";
import { queueNext } from "./workers/queue-next.ts";
import type { BatchOutcome, DoneOutcome } from "./workers/reply.ts";
import type { BatchTaskOptions } from "./workers/run-batch.ts";
import type { WorkerHandle } from "./workers/worker-handle.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

/** How one batch is run: whether its outcome is still of use, and when its time is over. */
export type BatchTerms = Pick<BatchTaskOptions, "isLost" | "budgetMs" | "handOn">;

export interface DispatcherOptions {
  readonly job: Job;
  readonly pool: WorkerPool;
  readonly queue: WorkQueue<Settled>;
  readonly sizer: BatchSizer;
  readonly buffer: ReorderBuffer<Settled>;
  /** Once cancelled, nothing new is given out. */
  readonly cancellation: CancellationToken;
  readonly runBatch: (batch: Batch, terms: BatchTerms, first?: WorkerHandle) => Promise<BatchOutcome>;
  /** Writes an unordered batch as soon as it is there. */
  readonly write: (batch: Batch, outcome: DoneOutcome) => Promise<void> | undefined;
  /** A promise where the memory for another batch must be waited for. */
  readonly spare: () => Promise<void> | undefined;
  /** Whether workers are not needed any longer once every record has been run. */
  readonly workersMayEnd: boolean;
  /** The columns of rows that are printed, where what is committed has said them. */
  readonly columns: () => readonly string[] | undefined;
}

/** `draining`: nothing new is given out. `lost`: outcomes are of no use. */
type Phase = "running" | "draining" | "lost";

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue: WorkQueue<Settled>;
  readonly #sizer: BatchSizer;
  readonly #columns: ColumnSearch<Assignment<Settled>>;
  readonly #unordered: UnorderedWrites;
  readonly #remainders: Remainders<Settled>;
  /** No batch is meant to take longer, unless it is what a worker decodes in one go. */
  readonly #mostMs: number | undefined;
  #phase: Phase = "running";
  /** Batches that workers have, or are to have again. */
  #running = 0;
  readonly #failure = new FirstFailure();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#queue = options.queue;
    this.#mostMs = decodesUnits(options.job) ? Number.POSITIVE_INFINITY : undefined;
    this.#sizer = options.sizer;
    this.#columns = new ColumnSearch({ isNeeded: options.job.findsColumns === true, committed: options.columns });
    this.#unordered = new UnorderedWrites(options);
    this.#remainders = new Remainders(options);
  }

  /** Gives out nothing new: what has been given out is waited for. */
  drain(): void {
    if (this.#phase === "running") this.#phase = "draining";
    this.#options.cancellation.cancel();
    for (const handle of this.#options.pool.handles()) handle.halt();
  }

  /** The job has failed: results of batches in flight are dropped. */
  lose(): void {
    this.#phase = "lost";
    this.#options.cancellation.cancel();
  }

  /**
   * Resolves when everything has been given out, or nothing more will be.
   * @throws what a source says that cannot be read on; what comes before has been given out
   */
  async run(): Promise<void> {
    const { cancellation } = this.#options;
    let failure: { readonly error: unknown } | undefined;
    try {
      while (!cancellation.cancelled && !this.#queue.isDone) {
        // When all has been given out no worker is asked for; but some of it may come back.
        const given = !this.#queue.isSpent && (await this.#giveNext());
        if (!given && !cancellation.cancelled && !this.#queue.isDone) await cancellation.race(this.#queue.change());
      }
    } catch (error) {
      // An input that cannot be read on: what comes before is committed.
      failure = { error };
      cancellation.cancel();
    }
    this.#endHandedOn();
    if (failure !== undefined) throw failure.error;
  }

  /** False when there is nothing to give, or no room for it. */
  async #giveNext(): Promise<boolean> {
    const { cancellation } = this.#options;
    await cancellation.race(Promise.resolve(this.#options.spare()));
    // A worker is free: only now is it decided how much it gets, and only now is a stream read.
    const handle = await cancellation.race(this.#options.pool.available(() => this.#sizer.depth()));
    // The first record that is printed says what the columns are: until then there is one batch at a time.
    if (this.#columns.isOn && this.#running > 0) return false;
    const assignment = cancellation.cancelled ? undefined : this.#queue.take();
    if (assignment !== undefined) this.#giveOut(assignment, handle);
    return assignment !== undefined;
  }

  #giveOut(assignment: Assignment<Settled>, handle?: WorkerHandle): void {
    const { columns } = this.#columns;
    const batch = columns === undefined ? assignment.batch : { ...assignment.batch, columns };
    let current: Assignment<Settled> = { ...assignment, batch };
    const usable = handle !== undefined && handle.load < this.#sizer.depth() ? handle : undefined;
    const budgetMs = Math.max(this.#options.job.handOnMs, 2 * this.#sizer.expectedMs(batch.bytes, this.#mostMs));
    const handOn: BatchTerms["handOn"] = (_, at) => {
      current = this.#cutEarly(current, at);
      return current.batch;
    };
    this.#sizer.gives(batch.bytes);
    this.#running++;
    // Detached: both ends settle the batch, and the window reports what a commit throws.
    void this.#options.runBatch(batch, { isLost: () => this.#phase === "lost", budgetMs, handOn }, usable).then(
      (outcome) => {
        this.#running--;
        this.#learnColumns(outcome);
        this.#settle(current, outcome);
        // By then requests have been sent to workers that were handed out.
        if (outcome.tag === "done" && this.#isAllDone) queueNext(() => this.#isAllDone && this.#options.pool.dismiss());
      },
      (error: unknown) =>
        current.slot.settle({ batch: current.batch, outcome: { tag: "error", error }, written: false }, 0),
    );
  }

  #learnColumns(outcome: BatchOutcome): void {
    if (!this.#columns.isOn) return;
    if (outcome.tag === "done") this.#columns.learn(outcome.done.columns);
    const next = this.#columns.next();
    if (next !== undefined) this.#giveOut(next);
    // It has waited for this.
    this.#queue.changed();
  }

  /** Whether all that is left to do is ours: workers need not wait for it. */
  get #isAllDone(): boolean {
    return this.#running === 0 && this.#queue.isSpent && this.#options.workersMayEnd;
  }

  /** Nothing more is given out, except what comes before something that will be committed. */
  #endHandedOn(): void {
    const isWanted = this.#phase === "running";
    for (const assignment of this.#queue.takeHandedOn(isWanted ? "in assignments" : "whole")) {
      if (!isWanted || this.#failure.isBefore(assignment.batch)) {
        assignment.slot.settle({ batch: assignment.batch, outcome: { tag: "unwanted" }, written: true }, 0);
      } else if (this.#columns.isOn && this.#running > 0) this.#columns.hold(assignment);
      else this.#giveOut(assignment);
    }
  }

  #cutEarly(assignment: Assignment<Settled>, at: EarlyCut): Assignment<Settled> {
    const head = this.#remainders.leaveEarly(assignment, at);
    if (this.#options.cancellation.cancelled) this.#endHandedOn();
    return head;
  }

  #settle(assignment: Assignment<Settled>, outcome: BatchOutcome): void {
    const { batch, slot } = assignment;
    if (outcome.tag === "failed") {
      // Nothing after a failure is worth starting; what came before it is still committed.
      this.#failure.learn(batch);
      this.#options.cancellation.cancel();
      slot.settle({ batch, outcome, written: false }, byteCount(outcome.body ?? []));
      return;
    }
    const head = this.#remainders.leave(assignment, outcome.done);
    if (head !== undefined) this.#settleDone(head, outcome);
    if (this.#options.cancellation.cancelled) this.#endHandedOn();
  }

  #settleDone({ batch, slot }: Assignment<Settled>, outcome: DoneOutcome): void {
    const { done, body } = outcome;
    const bytes = done.bytes + byteCount(body);
    if (this.#options.job.ordered) slot.settle({ batch, outcome, written: false }, bytes);
    else this.#unordered.add(slot, batch, outcome, bytes);
  }
}
