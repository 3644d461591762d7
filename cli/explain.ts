/** `--explain`: the first records are run in one worker, and nothing is written. */

import type { Guard } from "../adapters/guard.ts";
import { redirectedFile } from "../adapters/inputs.ts";
import { log } from "../adapters/log.ts";
import { createSpillFolder } from "../adapters/spill.ts";
import { runTrial } from "../core/coordinator/estimate/calibrate.ts";
import { Interrupted, type JobWorld } from "../core/coordinator/run-job.ts";
import { startWatchdog } from "../core/coordinator/workers/watchdog.ts";
import type { Pool, PoolSettings } from "../core/coordinator/workers/worker-pool.ts";
import type { Setting } from "./explanation.ts";

export interface ExplainOptions extends Omit<Setting, "trial"> {
  readonly pool: Pool;
  readonly guard: Guard;
  readonly world: Pick<JobWorld, "now" | "after" | "residentBytes" | "drain" | "openInput" | "text">;
  readonly settingsFor: (output: {
    readonly output: { readonly workerPath: string | undefined };
    readonly spillFolder: string | undefined;
  }) => PoolSettings;
}

/** Runs the first records in one worker, and says on stderr what they tell. */
export async function explain(options: ExplainOptions): Promise<void> {
  const { plan, job, pool, guard, world, settingsFor } = options;
  const spill = job.keyed ? createSpillFolder(guard) : undefined;
  const settings = settingsFor({ output: { workerPath: undefined }, spillFolder: spill?.path });
  // What a worker would write to a file itself is not sent.
  const toFile = !plan.sandbox && (plan.outputPath !== undefined || redirectedFile(1) !== undefined);
  const inlineBytes = toFile ? 0 : settings.inlineBytes;
  const { timeoutMs } = job;
  const stopWatching = startWatchdog({
    ...world,
    clients: () => pool.clients(),
    timeoutMs,
    maxResidentBytes: undefined,
  });
  try {
    pool.begin({ ...settings, inlineBytes });
    const interrupted = world.drain.then(() => Promise.reject(new Interrupted()));
    const trial = await Promise.race([runTrial(job, pool, world), pool.failed, interrupted]);
    const { explanation } = await import("./explanation.ts");
    log(explanation({ ...options, trial }));
  } finally {
    stopWatching();
    spill?.remove();
  }
}
