/**
 * Running a job: batches from the plan to the workers, outcomes through the window to the output.
 *
 * This file only connects. Who gets which batch is dispatcher.ts, what a batch goes through is run-batch.ts, what waits is
 * reorder-buffer.ts, where bytes go is sinks.ts.
 */

import { CancellationToken } from "../cancellation.ts";
import { Interrupted } from "../errors.ts";
import type { Failed } from "../protocol/messages.ts";
import { Committer, type Settled } from "./commit/committer.ts";
import { sinkOf } from "./commit/compressed-sink.ts";
import type { Sink } from "./commit/sinks.ts";
import { type BatchTerms, Dispatcher } from "./dispatcher.ts";
import type { JobEnvironment } from "./environment.ts";
import type { Batch } from "./job/batch.ts";
import { chunkUseOf, type Job, type Summary } from "./job/job.ts";
import { plannedWork } from "./observer.ts";
import { BatchSizer } from "./schedule/batch-sizer.ts";
import { planOf } from "./schedule/job-plan.ts";
import { ReorderBuffer } from "./schedule/reorder-buffer.ts";
import { WorkQueue } from "./schedule/work-queue.ts";
import { pause, within } from "./timing.ts";
import { createAsk } from "./workers/call-any.ts";
import { growWhileBusy } from "./workers/pool-growth.ts";
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
  readonly #dispatcher: Dispatcher;
  readonly #sink: Sink;
  readonly #taskOptions: Omit<BatchTaskOptions, "isLost" | "budgetMs">;
  /** Nothing new is given out. */
  readonly #cancellation = new CancellationToken();
  #drainedEarly = false;
  #stopGrowing = () => {};

  constructor(job: Job, pool: WorkerPool, environment: JobEnvironment) {
    this.#job = job;
    this.#pool = pool;
    this.#environment = environment;
    const { grid, input, maxBatchBytes, concurrency } = job;
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
      splitting: { grid, separator: input.separator, use: chunkUseOf(job), isScanned: input.cut === "scan" },
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
    this.#taskOptions = {
      acquire: (depth, again) => pool.available(depth, again),
      depth: () => this.#sizer.depth(),
      runsTogether: () => this.#sizer.asynchronous,
      nextId,
      retries: job.retries,
      exitCall: job.exitCall,
      timeoutMs: job.timeoutMs,
      failsByLine: job.onError === "fail" && input.tellsOrigin !== true,
      observer: environment.observer,
    };
    this.#dispatcher = new Dispatcher({
      job,
      pool,
      queue: this.#queue,
      sizer: this.#sizer,
      buffer: this.#buffer,
      cancellation: this.#cancellation,
      runBatch: (batch, terms, first) => this.#runBatch(batch, terms, first),
      write: (batch, outcome) => this.#committer.write(batch, outcome),
      spare: environment.spare,
      workersMayEnd: !job.reduces && environment.packing === undefined,
      columns: environment.resumeFrom?.columns,
    });
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
      this.#dispatcher.drain();
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
    await Promise.race([this.#dispatcher.run(), stopped]);
    await Promise.race([this.#buffer.empty(), stopped]);
    if (this.#dispatcher.inputFailure !== undefined) throw this.#dispatcher.inputFailure.error;
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
    this.#dispatcher.lose();
    // What it fails with has been told, or comes too late to be.
    const writing = this.#sink.settled().then(
      () => "written" as const,
      () => "failed" as const,
    );
    if ((await within(after, WRITE_GRACE_MS, writing)) !== undefined) return;
    for (const handle of this.#pool.handles()) if (handle.load > 0) handle.kill();
    await within(after, REWRITE_MS, writing);
  }

  async #runBatch(batch: Batch, terms: BatchTerms, first?: WorkerHandle): Promise<BatchOutcome> {
    const outcome = await runBatch(batch, undefined, { ...this.#taskOptions, ...terms }, first);
    if (outcome.tag === "done" && this.#job.recycle !== undefined)
      this.#pool.recycle(outcome.handle, outcome.done.counts.records, this.#job.recycle);
    return outcome;
  }
}
