/** The figures of `--stats`: where the time of each worker went, and how well they were used. */
import type { Mode } from "../core/platform/runtime.ts";
import type { WorkerStats as Told, WorkerTime } from "../core/protocol/worker-stats.ts";
import type { Report } from "./run.ts";

/** What is told of a worker. */
export type WorkerStats = Omit<Told, "recordTimes">;

export interface JobStats {
  /** Of this form: it changes when a field changes its meaning or goes. docs/stats.schema.json describes it. */
  readonly version: 1;
  /** Since this process began. */
  readonly wallMs: number;
  /** The most workers that there were at once. */
  readonly workers: number;
  /** Milliseconds of reading, parsing, computing, printing, merging and writing per millisecond that workers could have had. */
  readonly efficiency: number;
  readonly records: number;
  /** Cores that were busy, on average: CPU time of all processes by time. Undefined where a worker died, or has not told. */
  readonly coresUsed: number | undefined;
  /** The coordinator's own; undefined where workers are threads of its process, or nothing but calls. */
  readonly coordinator: { readonly cpuMs: number; readonly share: number } | undefined;
  readonly total: WorkerStats;
  readonly perWorker: readonly (WorkerStats & { readonly worker: number })[];
  /** The slowest records that a clock has seen, the slowest first. */
  readonly slowest: readonly { source: string; line: number; offset: number; ms: number; within: number }[];
}

export interface Measured extends Pick<Report, "summary" | "workers" | "stats" | "workersCpuMs"> {
  readonly mode: Mode;
}

const NO_TIME: WorkerTime = {
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
