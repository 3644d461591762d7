/** `--stats`: where the time of each worker went, and how well they were used. */

import { printable } from "../../api/errors.ts";
import type { Mode } from "../../api/options.ts";
import type { Report, WorkerStats, WorkerTime } from "../../api/run.ts";
import { percentText, sizeText, timeText } from "../../api/units.ts";
import { slowPlace } from "./slow-place.ts";

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
const STAGES = Object.keys(NO_TIME) as (keyof WorkerTime)[];
/** What a loop without pmap would have to do as well. */
const USEFUL: readonly (keyof WorkerTime)[] = ["parse", "compute", "print", "unsplit", "merge", "write"];

/** The job's stats for people, or as JSON for programs. */
export function statsOf(measured: Measured, form: "table" | "json"): string {
  const stats = jobStats(measured, performance.now(), process.cpuUsage());
  return form === "table" ? `${printable(tableOf(stats))}\n` : `${JSON.stringify(stats, null, 2)}\n`;
}

function jobStats(
  { summary, workers, stats, mode, workersCpuMs }: Measured,
  wallMs: number,
  cpu: { readonly user: number; readonly system: number },
): JobStats {
  const perWorker = [...stats].sort(([a], [b]) => a - b).map(([worker, told]) => ({ worker, ...told }));
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
    slowest: summary.slowest.map(({ sourceName, ...slow }) => ({ source: sourceName, ...slow })),
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

function tableOf(stats: JobStats): string {
  const { total, perWorker, slowest } = stats;
  // A column that has nothing to say in any row is left out.
  const stages = STAGES.filter((stage) => total.ms[stage] > 0);
  const rowOf = (name: string, { records, bytesIn, bytesOut, batches, ms }: WorkerStats) => [
    name,
    records.toLocaleString("en-US"),
    `${sizeText(bytesIn)}B`,
    `${sizeText(bytesOut)}B`,
    batches.toLocaleString("en-US"),
    ...stages.map((stage) => stageText(ms[stage])),
  ];
  const head = ["worker", "records", "in", "out", "batches", ...stages];
  const rows = [head, ...perWorker.map((row) => rowOf(String(row.worker), row)), rowOf("all", total)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] as number)).join("  "));
  return [...lines, ...slowLines(slowest), `pmap: ${useText(stats)}`].join("\n");
}

/** Milliseconds in a unit that people read; nothing is `-`. */
function stageText(ms: number): string {
  if (ms === 0) return "-";
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function slowLines(slowest: JobStats["slowest"]): string[] {
  const width = Math.max(0, ...slowest.map(({ ms }) => timeText(ms).length));
  return slowest.map(({ source, ...slow }, i) => {
    const title = i === 0 ? "slowest" : "       ";
    return `${title}  ${timeText(slow.ms).padStart(width)}  ${slowPlace({ sourceName: source, ...slow })}`;
  });
}

function useText({ efficiency, workers, wallMs, coresUsed, coordinator }: JobStats): string {
  const used = `${percentText(efficiency)} of ${workers} x ${(wallMs / 1000).toFixed(2)} s went to the records`;
  const cores = coresUsed === undefined ? "" : `; ${coresUsed.toFixed(2)} cores were busy`;
  const own =
    coordinator === undefined
      ? ""
      : `; the coordinator took ${coordinator.cpuMs.toFixed(0)} ms of CPU, ${percentText(coordinator.share)} of all`;
  return `${used}${cores}${own}`;
}

function sumOfParts<T extends object>(a: T, b: T): T {
  const parts = (Object.entries(a) as [keyof T, number][]).map(([part, n]) => [part, n + (b[part] as number)]);
  return Object.fromEntries(parts) as T;
}
