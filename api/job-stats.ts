/** The figures of `--stats`: where the time of each worker went, and how well they were used. */
import type { Mode } from "../core/platform/runtime.ts";
import { NO_STATS, sumOfStats, type WorkerTime } from "../core/protocol/worker-stats.ts";
import type { Report } from "./execution.ts";
import type { JobStats } from "./job-stats-types.ts";

export interface Measured extends Pick<Report, "summary" | "workers" | "stats" | "workersCpuMs" | "cluster"> {
  readonly mode: Mode;
}

export const STAGES = Object.keys(NO_STATS.ms) as (keyof WorkerTime)[];
/** What a loop without pmap would have to do as well. */
export const USEFUL: readonly (keyof WorkerTime)[] = ["parse", "compute", "print", "unsplit", "merge", "write"];

/** @param cpu what this process has taken, in microseconds */
export function jobStats(
  { summary, workers: most, stats, mode, workersCpuMs, cluster }: Measured,
  wallMs: number,
  cpu: { readonly user: number; readonly system: number },
): JobStats {
  // A cluster may have had nothing to do.
  const workers = Math.max(1, most);
  const perWorker = [...stats]
    .sort(([a], [b]) => a - b)
    .map(([worker, { recordTimes: _, ...row }]) => ({ worker, ...cluster?.places[worker], ...row }));
  const { recordTimes: _, ...total } = [...stats.values()].reduce(sumOfStats, NO_STATS);
  const cpuMs = (cpu.user + cpu.system) / 1000;
  const busyMs = STAGES.reduce((sum, stage) => sum + (stage === "wait" ? 0 : total.ms[stage]), 0);
  const coresUsed = (cpuMs + workersCpuMs) / wallMs;
  return {
    version: 1,
    wallMs,
    workers,
    efficiency: USEFUL.reduce((sum, stage) => sum + total.ms[stage], 0) / (workers * wallMs),
    records: summary.records,
    coresUsed: Number.isNaN(coresUsed) ? undefined : coresUsed,
    coordinator: mode === "process" ? { cpuMs, share: cpuMs / (cpuMs + busyMs) } : undefined,
    total,
    perWorker,
    cluster: cluster?.figures,
    slowest: summary.slowest.map(({ sourceName: source, line, offset, ms, within }) => ({
      source,
      line,
      offset,
      ms,
      within,
    })),
  };
}
