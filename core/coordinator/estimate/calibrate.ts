/**
 * A calibration: the first records of a job, run in one worker, one request at a time, to see what they cost. Nothing of it is
 * output. It ends after half a second or some megabytes, so that a stream is not read much further than it has to be.
 */

import type { ThreadTime } from "../../platform/runtime.ts";
import type { Stages } from "../../protocol/worker-stats.ts";
import { Totals } from "../commit/totals.ts";
import type { Batch } from "../job/batch.ts";
import type { Job } from "../job/job.ts";
import { BatchSizer } from "../schedule/batch-sizer.ts";
import { type PlanWorld, planOf } from "../schedule/job-plan.ts";
import { within } from "../timing.ts";
import { runBatch } from "../workers/run-batch.ts";
import type { WorkerHandle } from "../workers/worker-handle.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

/** What one request has shown. */
export interface Observation {
  readonly records: number;
  /** Bytes (or numbers) of these records; undefined when the request ended in the middle of a batch. */
  readonly bytes: number | undefined;
  /** From the request to its answer, and how much of that the worker was busy with it: both without what `isNet` says. */
  readonly roundMs: number;
  readonly busyMs: number;
  /** Whether the time in which the worker waited for a core is known, and left out. */
  readonly isNet: boolean;
  readonly asynchronous: boolean;
  /** How the worker's time divided, where it looked closely: a clock that is read at each record takes time, too. */
  readonly stages: Stages | undefined;
}

export interface Calibration {
  readonly observations: readonly Observation[];
  /** From the clock's zero (our own start) until a worker could take a request, in milliseconds. */
  readonly startMs: number;
  /** Records that have been run, each counted once. */
  readonly timed: number;
  /** How many records there are, when all of them have been run. */
  readonly allRecords: number | undefined;
}

export interface CalibrationEnvironment extends Omit<PlanWorld, "resumeFrom"> {
  readonly now: () => number;
  /** Of the coordinator's own thread, where the system tells. */
  readonly threadTime?: () => ThreadTime | undefined;
}

/** How long records are run: of time that the worker had a core, and of all. */
const TRIAL_MS = 500;
const MOST_TRIAL_MS = 3000;
const TRIAL_BYTES = 8 * 1024 * 1024;
/** This number of records tells how many more fit into the time; then they are run once more, with others. */
const FIRST_RECORDS = 10;

/** @throws {JobError} when a record fails and the job would not go on */
export async function calibrate(job: Job, pool: WorkerPool, environment: CalibrationEnvironment): Promise<Calibration> {
  const { now } = environment;
  const { maxBatchBytes, concurrency, retries, timeoutMs, exitCall } = job;
  // Nothing is output: a stream's records need not wait for the others of their chunk.
  const plan = planOf({ ...job, limit: undefined }, environment, "unseen");
  const sizer = new BatchSizer({ workers: () => job.cores, maxBatchBytes, concurrency });
  const totals = new Totals(job);
  const sampled = new Map<WorkerHandle, Stages & { readonly records: number }>();
  const observations: Observation[] = [];
  let nextId = 0;
  const acquire = () => pool.available(() => 1);
  const taskOptions = {
    acquire,
    depth: () => 1,
    runsTogether: () => false,
    nextId: () => nextId++,
    retries,
    timeoutMs,
    exitCall,
    failsByLine: job.onError === "fail" && job.input.tellsOrigin !== true,
    budgetMs: undefined,
    isLost: () => false,
  };

  await acquire();
  const startedMs = now();
  const own = environment.threadTime?.();
  /** How long the worker had waited for a core when it got its first request. */
  let queuedBeforeMs: number | undefined;
  let batch = await plan.next(0);
  /** There is no record behind those that have been run. */
  let isAll = batch === undefined;
  const untilMs = startedMs + MOST_TRIAL_MS;
  const wait = patient(TRIAL_MS, environment);
  let spentMs = 0;
  let bytes = 0;
  let records = 0;
  let timed = 0;
  let limit = Math.min(FIRST_RECORDS, wanted());
  while (batch !== undefined && limit > 0 && spentMs < TRIAL_MS && bytes < TRIAL_BYTES && now() < untilMs) {
    const seen = await observe(batch, limit);
    spentMs += seen.busyMs;
    timed = records + seen.records;
    const more = Math.floor((TRIAL_MS - spentMs) / Math.max(1e-6, seen.busyMs / Math.max(1, seen.records)));
    if (seen.bytes === undefined) {
      // The same batch again, with more of its records: they are quicker now than the first ones made believe.
      limit = Math.min(Math.floor(more / 2), wanted());
      if (limit <= seen.records) break;
    } else {
      bytes += seen.bytes;
      records += seen.records;
      limit = Math.min(more, wanted());
      const next = await wait(plan.next(sizer.bytes(plan.left)));
      isAll = next !== LATE && next === undefined;
      batch = next === LATE ? undefined : next;
    }
  }
  const startMs = withoutQueues(startedMs, own, queuedBeforeMs);
  return { observations, startMs, timed, allRecords: isAll ? records : undefined };

  /** Records that `--limit` leaves. */
  function wanted(): number {
    return (job.limit ?? Number.POSITIVE_INFINITY) - records;
  }

  async function observe(batch: Batch, limit: number): Promise<Observation> {
    const handle = await pool.available(() => 1);
    const sentMs = now();
    const ownBefore = environment.threadTime?.();
    const outcome = await runBatch(batch, limit, taskOptions, handle);
    const roundMs = now() - sentMs - queuedSince(ownBefore, environment.threadTime?.());
    if (outcome.tag === "failed") throw totals.errorOf(batch, outcome.failed);
    const { counts, busyMs, asynchronous, stats, queuedMs } = outcome.done;
    queuedBeforeMs ??= queuedMs?.before;
    // What waits for the network, or sleeps, waits for no core: that stays.
    const inQueueMs = Math.min(busyMs, queuedMs?.during ?? 0);
    const isWhole = counts.records < limit;
    if (isWhole) {
      totals.enter(batch, outcome.done);
      sizer.learn({
        inputBytes: batch.bytes,
        records: counts.records,
        busyMs,
        outputBytes: outcome.done.bytes,
        asynchronous,
      });
    }
    const before = sampled.get(outcome.handle);
    if (stats !== undefined) sampled.set(outcome.handle, stats.sampled);
    const seen: Observation = {
      records: counts.records,
      bytes: isWhole ? batch.bytes : undefined,
      roundMs: Math.max(busyMs, roundMs) - inQueueMs,
      busyMs: busyMs - inQueueMs,
      isNet: queuedMs !== undefined,
      asynchronous,
      stages: stats === undefined ? undefined : stagesSince(stats.sampled, before),
    };
    observations.push(seen);
    return seen;
  }
}

function queuedSince(before: ThreadTime | undefined, after: ThreadTime | undefined): number {
  return before === undefined || after === undefined ? 0 : after.queuedMs - before.queuedMs;
}

/** The time until the worker could begin, as it is on a machine with nothing else to do. */
function withoutQueues(ms: number, own: ThreadTime | undefined, workersMs = 0): number {
  return own === undefined ? ms : Math.max(own.ranMs, ms - own.queuedMs - workersMs);
}

const LATE = Symbol("late");

/**
 * A stream may be slow, or never end: what has come until then has to do.
 * @param ms how long it is waited for, all times together; the time in which records run is another
 */
function patient(ms: number, { now, after }: Pick<CalibrationEnvironment, "now" | "after">) {
  let left = ms;
  return async <T>(next: T | Promise<T>): Promise<T | typeof LATE> => {
    if (!(next instanceof Promise)) return next;
    const sinceMs = now();
    const found = await within(
      after,
      left,
      next.then((value) => ({ value })),
    );
    left = Math.max(0, left - (now() - sinceMs));
    return found === undefined ? LATE : found.value;
  };
}

type Sampled = Stages & { readonly records: number };

/** What has been sampled since then; undefined when nothing has. */
function stagesSince(now: Sampled, then: Sampled = { records: 0, parse: 0, compute: 0, print: 0 }): Stages | undefined {
  if (now.records === then.records) return undefined;
  return { parse: now.parse - then.parse, compute: now.compute - then.compute, print: now.print - then.print };
}
