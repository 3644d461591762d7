/** The figures of `--stats`: where the time of each worker went, and how well they were used. */
import type { Mode } from "../core/platform/runtime.ts";
import type { WorkerTime } from "../core/protocol/worker-stats.ts";
import type { Report } from "./execution.ts";
import type { JobStats, WorkerStats } from "./job-stats-types.ts";

export interface Measured extends Pick<Report, "summary" | "workers" | "stats" | "workersCpuMs"> {
  readonly mode: Mode;
}

export const NO_TIME: WorkerTime = {
  start: 0,
  parse: 0,
  compute: 0,
  print: 0,
  unsplit: 0,
  merge: 0,
  send: 0,
  write: 0,
  wait: 0,
};
const NOTHING: WorkerStats = {
  batches: 0,
  records: 0,
  bytesIn: 0,
  bytesOut: 0,
  ms: NO_TIME,
  sampled: { records: 0, parse: 0, compute: 0, print: 0 },
};
export const STAGES = Object.keys(NO_TIME) as (keyof WorkerTime)[];
/** What a loop without pmap would have to do as well. */
export const USEFUL: readonly (keyof WorkerTime)[] = ["parse", "compute", "print", "unsplit", "merge", "write"];

/** @param cpu what this process has taken, in microseconds */
export function jobStats(
  { summary, workers, stats, mode, workersCpuMs }: Measured,
  wallMs: number,
  cpu: { readonly user: number; readonly system: number },
): JobStats {
  const perWorker = [...stats]
    .sort(([a], [b]) => a - b)
    .map(([worker, { recordTimes: _, ...told }]) => ({ worker, ...told }));
  const total = perWorker.reduce<WorkerStats>(sumOf, NOTHING);
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
    slowest: summary.slowest.map(({ sourceName: source, line, offset, ms, within }) => ({
      source,
      line,
      offset,
      ms,
      within,
    })),
  };
}

function sumOf(a: WorkerStats, b: WorkerStats): WorkerStats {
  return {
    batches: a.batches + b.batches,
    records: a.records + b.records,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    ms: sumOfParts(a.ms, b.ms),
    sampled: sumOfParts(a.sampled, b.sampled),
  };
}

function sumOfParts<T extends object>(a: T, b: T): T {
  const parts = (Object.entries(a) as [keyof T, number][]).map(([part, n]) => [part, n + (b[part] as number)]);
  return Object.fromEntries(parts) as T;
}
