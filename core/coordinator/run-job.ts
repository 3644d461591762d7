/**
 * Running a job: batches from the plan to the workers, outcomes through the window to the output.
 *
 * This file only connects. What a batch goes through is run-batch.ts, what waits is reorder-buffer.ts, where bytes go is
 * sinks.ts, what is left of a reduce is combine/.
 */

import { byteCount } from "../bytes.ts";
import { CancellationToken } from "../cancellation.ts";
import { Interrupted } from "../errors.ts";
import { chunkUse } from "../protocol/chunk-grid.ts";
import type { Failed } from "../protocol/messages.ts";
import { Committer, type Settled } from "./commit/committer.ts";
import { sinkOf } from "./commit/compressed-sink.ts";
import type { Sink } from "./commit/sinks.ts";
import type { JobEnvironment } from "./environment.ts";
import { type Batch, bytesOfChunk, splitBatch } from "./job/batch.ts";
import type { Job, Summary } from "./job/job.ts";
import { plannedWork } from "./observer.ts";
import { BatchSizer, costsOf, costsOfLast } from "./schedule/batch-sizer.ts";
import { planOf } from "./schedule/job-plan.ts";
import { ReorderBuffer, type Slot } from "./schedule/reorder-buffer.ts";
import { type Assignment, WorkQueue } from "./schedule/work-queue.ts";
import { pause, within } from "./timing.ts";
import { createAsk } from "./workers/call-any.ts";
import { growWhileBusy } from "./workers/pool-growth.ts";
import type { DoneReply } from "./workers/reply.ts";
import { type BatchOutcome, type BatchTaskOptions, runBatch } from "./workers/run-batch.ts";
import { startWatchdog } from "./workers/watchdog.ts";
import type { WorkerHandle } from "./workers/worker-handle.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

/** Bytes and batches that may wait for their slot, per worker: whichever comes first. A slow chunk does not idle the other workers for long. */
const WINDOW_BYTES_PER_WORKER = 32 * 1024 * 1024;
const WINDOW_BATCHES_PER_WORKER = 64;
/** After a failure: how long busy workers may take to come to what they still have to write, and others to make it again. */
const WRITE_GRACE_MS = 500;
const REWRITE_MS = 5000;
/** What a runtime takes for itself, beside the heap that `--max-memory` limits. */
export const RUNTIME_BYTES = 160 * 1024 * 1024;

export class JobRun {
  readonly #job: Job;
  readonly #pool: WorkerPool;
  readonly #environment: JobEnvironment;
  readonly #sizer: BatchSizer;
  readonly #buffer: ReorderBuffer<Settled>;
  readonly #queue: WorkQueue<Settled>;
  readonly #committer: Committer;
  readonly #sink: Sink;
  readonly #taskOptions: Omit<BatchTaskOptions, "isLost" | "budgetMs">;
  /** Nothing new is given out. */
  readonly #cancellation = new CancellationToken();
  #drainedEarly = false;
  /** The job has failed: results of batches in flight are dropped. */
  #lost = false;
  /** Batches that workers have, or are to have again. */
  #running = 0;
  #inputFailure: { readonly error: unknown } | undefined;
  #stopGrowing = () => {};
  /** The columns of CSV that is printed, once the first record has said them. */
  #columns: readonly string[] | undefined;
  /** What is still to be run at the end of a job that does not know them. */
  #held: Assignment<Settled>[] = [];
  #unorderedTail: Promise<void> = Promise.resolve();

  constructor(job: Job, pool: WorkerPool, environment: JobEnvironment) {
    this.#job = job;
    this.#pool = pool;
    this.#environment = environment;
    const { grid, separator, maxBatchBytes, concurrency } = job;
    let requests = 0;
    const nextId = () => requests++;
    const plan = planOf(job, environment);
    this.#sizer = new BatchSizer({ workers: () => pool.size, maxBatchBytes, concurrency });
    this.#buffer = new ReorderBuffer({
      maxOpen: () => pool.size * Math.max(WINDOW_BATCHES_PER_WORKER, this.#sizer.depth()),
      maxBytes: () => pool.size * WINDOW_BYTES_PER_WORKER,
      commit: (settled) => this.#committer.commit(settled),
      onChange: () => this.#queue.changed(),
      pause: () => pause(environment.after, 0),
    });
    this.#queue = new WorkQueue({
      plan,
      sizer: this.#sizer,
      buffer: this.#buffer,
      splitting: { grid, separator, use: chunkUse(job), isScanned: job.readHeader !== undefined },
    });
    const errorOf = (failed: Failed) => this.#committer.plainError(failed);
    const ask = createAsk({ pool, nextId, retries: job.retries, errorOf });
    this.#sink = sinkOf(environment, { ask, workers: () => pool.size });
    this.#committer = new Committer({
      ...environment,
      sink: this.#sink,
      job,
      runBatch: (batch) => this.#runBatch(batch, { isLost: () => false, budgetMs: undefined }),
      ask,
    });
    if (environment.resumeFrom !== undefined) this.#committer.restore(environment.resumeFrom);
    this.#columns = environment.resumeFrom?.columns;
    this.#taskOptions = {
      acquire: (depth, again) => pool.available(depth, again),
      depth: () => this.#sizer.depth(),
      runsTogether: () => this.#sizer.asynchronous,
      nextId,
      retries: job.retries,
      exitCall: job.exitCall,
      timeoutMs: job.timeoutMs,
      // The place of a record of an errors file is known to the worker that reads it.
      failsByLine: job.onError === "fail" && job.from !== "rejects" && job.from !== "file",
      observer: environment.observer,
    };
    environment.observer?.({ type: "planned", plan: plannedWork(job, this.#committer.summary) });
  }

  /** What has been committed so far: it changes while the job runs. */
  get summary(): Summary {
    return this.#committer.summary;
  }

  /**
   * Runs the job to its end.
   * @throws {JobError} the first failure in input order; everything before it has been committed
   */
  async run(): Promise<Summary> {
    void this.#environment.drain.then(() => {
      this.#drainedEarly = true;
      this.#cancellation.cancel();
    });
    const { timeoutMs, maxMemoryBytes } = this.#job;
    const stopWatching = startWatchdog({
      ...this.#environment,
      handles: () => this.#pool.handles(),
      timeoutMs,
      maxResidentBytes: maxMemoryBytes === undefined ? undefined : maxMemoryBytes + RUNTIME_BYTES,
    });
    try {
      return await this.#runToEnd();
    } catch (error) {
      await this.#writeCommitted();
      throw error;
    } finally {
      stopWatching();
      this.#stopGrowing();
    }
  }

  async #runToEnd(): Promise<Summary> {
    const { cancelled } = this.#environment;
    const failures = [this.#pool.failed, this.#buffer.failed];
    const stopped = Promise.race(cancelled === undefined ? failures : [...failures, cancelled]);
    // Raced below; on its own it must not end the process.
    stopped.catch(() => this.#cancellation.cancel());
    this.#stopGrowing = growWhileBusy({
      pool: this.#pool,
      cores: this.#job.cores,
      after: this.#environment.after,
      hasMore: () => !this.#cancellation.cancelled && this.#queue.hasMore,
      isBusy: () => !this.#cancellation.cancelled && this.#buffer.open > 0,
    });
    const { observer } = this.#environment;
    observer?.({ type: "phase", phase: "mapping" });
    await Promise.race([this.#dispatch(), stopped]);
    await Promise.race([this.#buffer.empty(), stopped]);
    if (this.#inputFailure !== undefined) throw this.#inputFailure.error;
    await Promise.race([this.#committer.note(), stopped]);
    // Without records no worker has had to load the script. Load it anyway, so that a broken script still fails.
    await Promise.race([this.#pool.facts, stopped]);
    if (this.#drainedEarly) throw new Interrupted();
    observer?.({ type: "phase", phase: this.#job.reduces ? "merging" : "finishing" });
    await Promise.race([this.#committer.finish(async () => void (await this.#pool.available(() => 2))), stopped]);
    const { summary } = this.#committer;
    summary.workers = this.#pool.spawned;
    summary.bytesOut = this.#sink.position;
    return summary;
  }

  /**
   * What has been committed stands, also when the job fails. Workers that hold committed output may be
   * busy with batches that are not needed: after WRITE_GRACE_MS they are killed, and their output is computed again.
   */
  async #writeCommitted(): Promise<void> {
    const { after } = this.#environment;
    this.#cancellation.cancel();
    this.#lost = true;
    // What it fails with has been told, or comes too late to be.
    const writing = this.#sink.settled().then(
      () => "written" as const,
      () => "failed" as const,
    );
    if ((await within(after, WRITE_GRACE_MS, writing)) !== undefined) return;
    for (const handle of this.#pool.handles()) if (handle.load > 0) handle.kill();
    await within(after, REWRITE_MS, writing);
  }

  async #dispatch(): Promise<void> {
    const cancellation = this.#cancellation;
    try {
      while (!cancellation.cancelled && !this.#queue.isDone) {
        // When all has been given out no worker is asked for; but some of it may come back.
        const given = !this.#queue.isSpent && (await this.#giveNext());
        if (!given && !cancellation.cancelled && !this.#queue.isDone) await cancellation.race(this.#queue.change());
      }
    } catch (error) {
      // An input that cannot be read on: what comes before is committed.
      this.#inputFailure = { error };
      cancellation.cancel();
    }
    this.#endHandedOn();
  }

  /** False when there is nothing to give, or no room for it. */
  async #giveNext(): Promise<boolean> {
    const cancellation = this.#cancellation;
    await cancellation.race(Promise.resolve(this.#environment.spare()));
    // A worker is free: only now is it decided how much it gets, and only now is a stream read.
    const handle = await cancellation.race(this.#pool.available(() => this.#sizer.depth()));
    // The first record that is printed says what the columns are: until then there is one batch at a time.
    if (this.#findsColumns && this.#running > 0) return false;
    const assignment = cancellation.cancelled ? undefined : this.#queue.take();
    if (assignment !== undefined) this.#giveOut(assignment, handle);
    return assignment !== undefined;
  }

  #giveOut(assignment: Assignment<Settled>, handle?: WorkerHandle): void {
    const { slot } = assignment;
    const batch = this.#columns === undefined ? assignment.batch : { ...assignment.batch, columns: this.#columns };
    const usable = handle !== undefined && handle.load < this.#sizer.depth() ? handle : undefined;
    const budgetMs = Math.max(this.#job.handOnMs, 2 * this.#sizer.expectedMs(batch.bytes));
    this.#running++;
    // Detached: both ends settle the batch, and the window reports what a commit throws.
    void this.#runBatch(batch, { isLost: () => this.#lost, budgetMs }, usable).then(
      (outcome) => {
        this.#running--;
        this.#learnColumns(outcome);
        this.#settle({ ...assignment, batch }, outcome);
        if (outcome.tag === "done") this.#dismissWorkers();
      },
      (error: unknown) => slot.settle({ batch, outcome: { tag: "error", error }, written: false }, 0),
    );
  }

  get #findsColumns(): boolean {
    return this.#job.findsColumns === true && this.#columns === undefined;
  }

  #learnColumns(outcome: BatchOutcome): void {
    if (!this.#findsColumns) return;
    if (outcome.tag === "done") this.#columns = outcome.done.columns;
    const next = this.#held.shift();
    if (next !== undefined) this.#giveOut(next);
    // It has waited for this.
    this.#queue.changed();
  }

  /** When all that is left to do is ours, workers need not wait for it: they end while we write. */
  #dismissWorkers(): void {
    const { packing } = this.#environment;
    if (this.#running > 0 || !this.#queue.isSpent || this.#job.reduces || packing !== undefined) return;
    // A worker that retains an output still has to write it.
    if (this.#pool.handles().some((handle) => !handle.idle)) return;
    // Detached: it never rejects, and the end of the job waits for the same workers.
    void this.#pool.stop();
  }

  /** Nothing more is given out, except what comes before something that will be committed. */
  #endHandedOn(): void {
    const isWanted = !this.#lost && !(this.#drainedEarly && this.#job.ordered);
    for (const assignment of this.#queue.takeHandedOn(isWanted ? "in assignments" : "whole")) {
      if (isWanted && this.#findsColumns && this.#running > 0) this.#held.push(assignment);
      else if (isWanted) this.#giveOut(assignment);
      else assignment.slot.settle({ batch: assignment.batch, outcome: { tag: "unwanted" }, written: true }, 0);
    }
  }

  async #runBatch(
    batch: Batch,
    how: Pick<BatchTaskOptions, "isLost" | "budgetMs">,
    first?: WorkerHandle,
  ): Promise<BatchOutcome> {
    const outcome = await runBatch(batch, undefined, { ...this.#taskOptions, ...how }, first);
    if (outcome.tag === "done" && this.#job.recycle !== undefined)
      this.#pool.recycle(outcome.handle, outcome.done.counts.records, this.#job.recycle);
    return outcome;
  }

  #settle({ batch, slot, head: before }: Assignment<Settled>, outcome: BatchOutcome): void {
    if (outcome.tag === "failed") {
      // Nothing after a failure is worth starting; what came before it is still committed.
      this.#cancellation.cancel();
      slot.settle({ batch, outcome, written: false }, 0);
      return;
    }
    const { done } = outcome;
    const { cut } = done;
    const [head, rest] = cut === undefined ? [batch] : splitBatch(batch, cut, this.#job.separator);
    const costs = costsOf(head, done);
    // The assignments of a slow chunk say nothing of other chunks.
    if (before === undefined) this.#sizer.learn(costs);
    this.#settleDone(rest === undefined ? slot : this.#buffer.admit(0, slot), head, outcome);
    if (cut === undefined || rest === undefined) return;
    const part = bytesOfChunk(batch, cut, this.#job.grid);
    const last = part > 0 && cut.chunkMs !== undefined ? costsOfLast(costs, part, cut.chunkMs) : costs;
    this.#queue.handOn({ batch: rest, slot, head: last });
    if (this.#cancellation.cancelled) this.#endHandedOn();
  }

  #settleDone(slot: Slot<Settled>, batch: Batch, outcome: DoneReply): void {
    const { done, body } = outcome;
    const bytes = done.bytes + byteCount(body);
    if (this.#job.ordered) {
      slot.settle({ batch, outcome, written: false }, bytes);
      return;
    }
    const release = this.#buffer.hold(bytes);
    this.#unorderedTail = this.#unorderedTail.then(() => this.#committer.write(batch, outcome)).finally(release);
    void this.#unorderedTail.then(
      () => slot.settle({ batch, outcome, written: true }, 0),
      (error: unknown) => slot.settle({ batch, outcome: { tag: "error", error }, written: true }, 0),
    );
  }
}
