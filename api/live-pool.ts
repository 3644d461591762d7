/** Workers that stay: what a job does before its first record, without an input and an end. */

import { openInput } from "../adapters/shared/positional-files.ts";
import { createSpawn } from "../adapters/spawn-workers.ts";
import { residentBytes } from "../adapters/system/memory.ts";
import { createReaper } from "../adapters/system/reaper.ts";
import { ItemQueue } from "../core/coordinator/item-queue.ts";
import type { StreamSource } from "../core/coordinator/job/source.ts";
import { RUNTIME_BYTES } from "../core/coordinator/workers/watch-pool.ts";
import { startWatchdog } from "../core/coordinator/workers/watchdog.ts";
import { WorkerPool } from "../core/coordinator/workers/worker-pool.ts";
import { UsageError } from "../core/errors.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { factsOfCode } from "../core/script/inline-code.ts";
import { createJob } from "./create-job.ts";
import { settingsOfJob } from "./exclusive-options.ts";
import { after } from "./job-environment.ts";
import { type Messages, warnOnce } from "./messages.ts";
import type { JobOptions } from "./options.ts";
import { folderOf } from "./start-pool.ts";
import { workerSettings } from "./worker-settings.ts";

export interface LivePool {
  readonly items: ItemQueue;
  /** Workers that were started so far. */
  readonly started: number;
  /** Rejects when the pool cannot go on. */
  readonly failed: Promise<never>;
  /** Ends the workers, in order or, after a while in milliseconds, by force: also when they are being ended in order. */
  stop(graceMs?: number): Promise<void>;
}

export interface OpenPoolOptions {
  readonly runtime: Runtime;
  readonly messages: Messages;
  /** Rejects when the pool is given up before it is open. */
  readonly cancelled: Promise<never>;
}

/** How long workers of a pool that has failed may take to end what they do, in milliseconds. */
const FAILURE_GRACE_MS = 500;

/** What messages call the items, with the number of one: `items:17`. */
const ITEMS: StreamSource = { kind: "stream", name: "items", read: () => Promise.resolve(undefined) };

/**
 * @throws {UsageError | JobError} when the workers cannot be started, or the script cannot be used
 */
export async function openPool(plan: JobOptions, { runtime, messages, cancelled }: OpenPoolOptions): Promise<LivePool> {
  const warn = warnOnce(messages.warning);
  const reaper = createReaper(runtime);
  const sandbox = plan.sandbox ? [folderOf(plan)] : undefined;
  const spawnOptions = { ...plan, folder: folderOf(plan), sandbox, ownsStdout: false, onWarning: warn };
  const spawn = await createSpawn(runtime, spawnOptions, (bytes) => messages.output(bytes));
  const known = factsOfCode(plan.script);
  const { text } = runtime;
  const now = () => performance.now();
  const pool = new WorkerPool({
    spawn() {
      const link = spawn();
      reaper.watch(link);
      return link;
    },
    script: plan.script,
    facts: known,
    text,
    now,
    after,
    onWarning: warn,
  });
  pool.grow(plan.cores);
  try {
    // Also where they are known: then it is seen here that the script can be loaded.
    const facts = await Promise.race([pool.facts, cancelled]);
    if (facts.reduces) throw new UsageError("Cannot run items: the script has a reduce, which needs all of them");
    const { settings } = settingsOfJob(plan, facts, [ITEMS]);
    const job = await createJob(plan, settings, facts, { sources: [ITEMS] }, { openInput, text, warn });
    const nowhere = { output: { workerPath: undefined }, spillFolder: undefined };
    pool.begin({ ...workerSettings(plan, settings, facts, job, nowhere), answersEach: true });
    const { maxMemoryBytes } = plan;
    const { timeoutMs, concurrency, retries, exitCall } = job;
    const stopWatching = startWatchdog({
      handles: () => pool.handles(),
      now,
      after,
      residentBytes,
      timeoutMs,
      maxResidentBytes: maxMemoryBytes === undefined ? undefined : maxMemoryBytes + RUNTIME_BYTES,
    });
    const { cores: workers, recycle } = plan;
    let hasFailed = false;
    pool.failed.catch(() => {
      hasFailed = true;
    });
    const items = new ItemQueue({ pool, text, workers, concurrency, retries, timeoutMs, exitCall, recycle });
    return {
      items,
      get started() {
        return pool.spawned;
      },
      failed: pool.failed,
      async stop(graceMs) {
        stopWatching();
        try {
          // What has failed before has been told by the items.
          await pool.stop(hasFailed ? FAILURE_GRACE_MS : graceMs);
          if (!hasFailed && graceMs === undefined) pool.left.checkTeardown();
        } catch (error) {
          await pool.stop(FAILURE_GRACE_MS);
          throw error;
        } finally {
          reaper.dismiss();
        }
      },
    };
  } catch (error) {
    await pool.stop(0);
    reaper.dismiss();
    throw error;
  }
}
