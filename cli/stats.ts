/** `--stats`: where the time of each worker went, and how well they were used. */
import { writeFileSync } from "node:fs";
import { reasonOf } from "../adapters/inputs.ts";
import { JobError } from "../core/failure.ts";
import type { Summary } from "../core/job.ts";
import type { WorkerStats, WorkerTime } from "../core/meter.ts";
import type { Mode } from "../core/runtime.ts";

export interface JobStats {
  /** Since this process began. */
  readonly wallMs: number;
  /** The most workers that there were at once. */
  readonly workers: number;
  /** Milliseconds of reading, parsing, computing, printing, merging and writing per millisecond that workers could have had. */
  readonly efficiency: number;
  readonly records: number;
  /** The coordinator's own; undefined where workers are threads of its process, or nothing but calls. */
  readonly coordinator: { readonly cpuMs: number; readonly share: number } | undefined;
  readonly total: WorkerStats;
  readonly perWorker: readonly (WorkerStats & { readonly worker: number })[];
}

export interface Measured {
  readonly summary: Summary;
  readonly workers: number;
  readonly stats: ReadonlyMap<number, WorkerStats>;
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
const NOTHING: WorkerStats = { spans: 0, records: 0, bytesIn: 0, bytesOut: 0, ms: NO_TIME };
const STAGES = Object.keys(NO_TIME) as (keyof WorkerTime)[];
/** What a loop without pmap would have to do as well. */
const USEFUL: readonly (keyof WorkerTime)[] = ["parse", "compute", "print", "unsplit", "merge", "write"];

/**
 * Tells on stderr, or writes to a file.
 * @throws {JobError} when the file cannot be written
 */
export function tellStats(measured: Measured, path: string | undefined): void {
  const stats = jobStats(measured, performance.now(), process.cpuUsage());
  if (path === undefined) {
    process.stderr.write(`${statsText(stats)}\n`);
    return;
  }
  try {
    writeFileSync(path, `${JSON.stringify(stats, null, 2)}\n`);
  } catch (error) {
    throw new JobError(`Cannot write "${path}": ${reasonOf(error)}`);
  }
}

function jobStats(
  { summary, workers, stats, mode }: Measured,
  wallMs: number,
  cpu: { readonly user: number; readonly system: number },
): JobStats {
  const perWorker = [...stats].sort(([a], [b]) => a - b).map(([worker, told]) => ({ worker, ...told }));
  const total = perWorker.reduce<WorkerStats>(sumOf, NOTHING);
  const cpuMs = (cpu.user + cpu.system) / 1000;
  const busyMs = STAGES.reduce((sum, stage) => sum + (stage === "wait" ? 0 : total.ms[stage]), 0);
  return {
    wallMs,
    workers,
    efficiency: USEFUL.reduce((sum, stage) => sum + total.ms[stage], 0) / (workers * wallMs),
    records: summary.records,
    coordinator: mode === "process" ? { cpuMs, share: cpuMs / (cpuMs + busyMs) } : undefined,
    total,
    perWorker,
  };
}

function sumOf(a: WorkerStats, b: WorkerStats): WorkerStats {
  return {
    spans: a.spans + b.spans,
    records: a.records + b.records,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    ms: Object.fromEntries(STAGES.map((stage) => [stage, a.ms[stage] + b.ms[stage]])) as unknown as WorkerTime,
  };
}

function statsText({ wallMs, workers, efficiency, coordinator, total, perWorker }: JobStats): string {
  // A column that has nothing to say in any row is left out.
  const stages = STAGES.filter((stage) => total.ms[stage] > 0);
  const rowOf = (name: string, { records, bytesIn, bytesOut, spans, ms }: WorkerStats) => [
    name,
    String(records),
    sizeText(bytesIn),
    sizeText(bytesOut),
    String(spans),
    ...stages.map((stage) => ms[stage].toFixed(1)),
  ];
  const head = ["worker", "records", "in", "out", "spans", ...stages.map((stage) => `${stage} ms`)];
  const rows = [head, ...perWorker.map((row) => rowOf(String(row.worker), row)), rowOf("all", total)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] as number)).join("  "));
  const used = `${percent(efficiency)} of ${workers} x ${(wallMs / 1000).toFixed(2)} s went to the records`;
  const own =
    coordinator === undefined
      ? ""
      : `; the coordinator took ${coordinator.cpuMs.toFixed(0)} ms of CPU, ${percent(coordinator.share)} of all`;
  return [...lines, `pmap: ${used}${own}`].join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  const unit = bytes < 1024 ** 2 ? 1 : bytes < 1024 ** 3 ? 2 : 3;
  return `${(bytes / 1024 ** unit).toFixed(1)}${"KMG"[unit - 1]}`;
}
