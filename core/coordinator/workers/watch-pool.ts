/** The watchdog over the workers of a pool, with the limits of a job. */
import type { EngineEnvironment } from "../environment.ts";
import type { Job } from "../job/job.ts";
import { startWatchdog } from "./watchdog.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** What a runtime takes for itself, beside the heap that `--max-memory` limits. */
export const RUNTIME_BYTES = 160 * 1024 * 1024;

/** Starts watching; call the result to stop. */
export function watchPool(
  pool: WorkerPool,
  { timeoutMs, maxMemoryBytes }: Pick<Job, "timeoutMs" | "maxMemoryBytes">,
  environment: Pick<EngineEnvironment, "now" | "after" | "residentBytes">,
): () => void {
  return startWatchdog({
    ...environment,
    handles: () => pool.handles(),
    timeoutMs,
    maxResidentBytes: maxMemoryBytes === undefined ? undefined : maxMemoryBytes + RUNTIME_BYTES,
  });
}
