/** The engine of this machine: a pool of workers, which get as much at a time as they need to be busy. */
import { CancellationToken } from "../cancellation.ts";
import type { Settled } from "./commit/committer.ts";
import { plainError } from "./commit/totals.ts";
import { type BatchTerms, Dispatcher } from "./dispatcher.ts";
import type { CreateEngine, Engine, EngineWork } from "./engine.ts";
import type { Batch } from "./job/batch.ts";
import { chunkUseOf } from "./job/job.ts";
import { BatchSizer } from "./schedule/batch-sizer.ts";
import type { BatchSource } from "./schedule/chunk-plan.ts";
import { planOf } from "./schedule/job-plan.ts";
import { WorkQueue } from "./schedule/work-queue.ts";
import { type AskWorker, createAsk } from "./workers/call-any.ts";
import { growWhileBusy } from "./workers/pool-growth.ts";
import type { BatchOutcome } from "./workers/reply.ts";
import { type BatchTaskOptions, runBatch } from "./workers/run-batch.ts";
import { watchPool } from "./workers/watch-pool.ts";
import type { WorkerHandle } from "./workers/worker-handle.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

/** Bytes and batches that may wait for their slot, per worker: whichever comes first. A slow chunk does not idle the other workers for long. */
const WINDOW_BYTES_PER_WORKER = 32 * 1024 * 1024;
const WINDOW_BATCHES_PER_WORKER = 64;
/** Batches of asynchronous records may be of one record each, and one of these may take long. */
const LEAST_ASYNCHRONOUS_BATCHES = 4096;

/** @param part the plan of a part of the job, behind which workers stay for the next one; undefined for the whole job */
export function localEngine(pool: WorkerPool, part?: BatchSource): CreateEngine {
  return (work) => new LocalEngine(pool, work, part);
}

class LocalEngine implements Engine {
  readonly #pool: WorkerPool;
  readonly #work: EngineWork;
  readonly #sizer: BatchSizer;
  readonly #queue: WorkQueue<Settled>;
  readonly #dispatcher: Dispatcher;
  readonly #taskOptions: Omit<BatchTaskOptions, "isLost" | "budgetMs">;
  /** Nothing new is given out. */
  readonly #cancellation = new CancellationToken();
  readonly ask: AskWorker;
  #stopGrowing = () => {};

  constructor(pool: WorkerPool, work: EngineWork, part?: BatchSource) {
    this.#pool = pool;
    this.#work = work;
    const { job, environment, buffer, write, columns } = work;
    const { grid, input, maxBatchBytes, concurrency, retries, exitCall } = job;
    let requests = 0;
    const nextId = () => requests++;
    const plan = part ?? planOf(job, environment);
    this.#sizer = new BatchSizer({ workers: () => pool.size, maxBatchBytes, concurrency });
    const splitting = { grid, separator: input.separator, use: chunkUseOf(job), isScanned: input.cut === "scan" };
    this.#queue = new WorkQueue({ plan, sizer: this.#sizer, buffer, splitting });
    this.ask = createAsk({ pool, nextId, retries, exitCall, errorOf: plainError });
    this.#taskOptions = {
      acquire: (depth, again) => pool.available(depth, again),
      depth: () => this.#sizer.depth(),
      runsTogether: () => this.#sizer.asynchronous,
      nextId,
      retries,
      exitCall,
      timeoutMs: job.timeoutMs,
      failsByLine: job.onError === "fail" && input.tellsOrigin !== true,
      observer: environment.observer,
    };
    this.#dispatcher = new Dispatcher({
      job,
      pool,
      queue: this.#queue,
      sizer: this.#sizer,
      buffer,
      cancellation: this.#cancellation,
      runBatch: (batch, terms, first) => this.#runBatch(batch, terms, first),
      write,
      spare: environment.spare,
      workersMayEnd: part === undefined && !job.reduces && environment.packing === undefined,
      columns,
    });
  }

  get cores(): number {
    return this.#work.job.cores;
  }

  get workers(): Engine["workers"] {
    return { now: this.#pool.size, started: this.#pool.spawned };
  }

  get window(): Engine["window"] {
    const { size } = this.#pool;
    const { asynchronous } = this.#sizer;
    const least = asynchronous ? LEAST_ASYNCHRONOUS_BATCHES : 0;
    const batches = Math.max(least, size * Math.max(WINDOW_BATCHES_PER_WORKER, this.#sizer.depth()));
    return { batches, bytes: size * WINDOW_BYTES_PER_WORKER };
  }

  get failed(): Promise<never> {
    return this.#pool.failed;
  }

  changed(): void {
    this.#queue.changed();
  }

  async run(): Promise<void> {
    this.#stopGrowing = growWhileBusy({
      pool: this.#pool,
      cores: this.#work.job.cores,
      after: this.#work.environment.after,
      hasMore: () => !this.#cancellation.cancelled && this.#queue.hasMore,
      isBusy: () => !this.#cancellation.cancelled && this.#work.buffer.open > 0,
    });
    await this.#dispatcher.run();
  }

  drain(): void {
    this.#dispatcher.drain();
  }

  lose(): void {
    this.#dispatcher.lose();
  }

  endBusy(): void {
    for (const handle of this.#pool.handles()) if (handle.isAsked) handle.kill();
  }

  runAgain(batch: Batch): Promise<BatchOutcome> {
    return this.#runBatch(batch, { isLost: () => false, budgetMs: undefined });
  }

  async room(): Promise<void> {
    await this.#pool.available(() => 2);
  }

  loaded(): Promise<unknown> {
    return this.#pool.facts;
  }

  watch(): () => void {
    const stopWatching = watchPool(this.#pool, this.#work.job, this.#work.environment);
    return () => {
      stopWatching();
      this.#stopGrowing();
    };
  }

  async #runBatch(batch: Batch, terms: BatchTerms, first?: WorkerHandle): Promise<BatchOutcome> {
    const outcome = await runBatch(batch, undefined, { ...this.#taskOptions, ...terms }, first);
    const { recycle } = this.#work.job;
    if (outcome.tag === "done" && recycle !== undefined)
      this.#pool.recycle(outcome.handle, outcome.done.counts.records, recycle);
    return outcome;
  }
}
