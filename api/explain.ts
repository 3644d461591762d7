/** `--explain`: the first records are run in one worker, and nothing is written. */

import type { Reaper } from "../adapters/system/reaper.ts";
import { redirectedFile } from "../adapters/system/redirected-file.ts";
import { createSpillFolder } from "../adapters/system/spill-folder.ts";
import type { JobEnvironment } from "../core/coordinator/environment.ts";
import { type Calibration, calibrate } from "../core/coordinator/estimate/calibrate.ts";
import type { Job } from "../core/coordinator/job/job.ts";
import { startWatchdog } from "../core/coordinator/workers/watchdog.ts";
import type { WorkerPool, WorkerPoolSettings } from "../core/coordinator/workers/worker-pool.ts";
import { Interrupted } from "../core/errors.ts";
import type { FoundFormat } from "./input-format.ts";
import type { JobOptions } from "./options.ts";

/** What the first records tell of a job. */
export interface Explained {
  readonly tag: "explained";
  readonly plan: JobOptions;
  readonly job: Job;
  readonly calibration: Calibration;
  /** Workers that the job would start at once. */
  readonly firstWorkers: number;
  /** The input's format and why; undefined where there is none. */
  readonly format: FoundFormat | undefined;
}

export interface ExplainOptions extends Omit<Explained, "tag" | "calibration"> {
  readonly pool: WorkerPool;
  readonly reaper: Reaper;
  readonly environment: Pick<JobEnvironment, "now" | "after" | "residentBytes" | "drain" | "openInput" | "text">;
  readonly settingsFor: (output: {
    readonly output: { readonly workerPath: string | undefined };
    readonly spillFolder: string | undefined;
  }) => WorkerPoolSettings;
}

/** Runs the first records in one worker. */
export async function explain(options: ExplainOptions): Promise<Explained> {
  const { plan, job, pool, reaper, environment, settingsFor } = options;
  const spill = job.keyed ? createSpillFolder(reaper) : undefined;
  const settings = settingsFor({ output: { workerPath: undefined }, spillFolder: spill?.path });
  // What a worker would write to a file itself is not sent.
  const toFile = !plan.sandbox && (plan.outputPath !== undefined || redirectedFile(1) !== undefined);
  const inlineBytes = toFile ? 0 : settings.inlineBytes;
  const { timeoutMs } = job;
  const stopWatching = startWatchdog({
    ...environment,
    handles: () => pool.handles(),
    timeoutMs,
    maxResidentBytes: undefined,
  });
  try {
    pool.begin({ ...settings, inlineBytes });
    const interrupted = environment.drain.then(() => Promise.reject(new Interrupted()));
    const calibration = await Promise.race([calibrate(job, pool, environment), pool.failed, interrupted]);
    const { firstWorkers, format } = options;
    return { tag: "explained", plan, job, calibration, firstWorkers, format };
  } finally {
    stopWatching();
    spill?.remove();
  }
}
