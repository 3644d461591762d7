/** Runs a job and writes what it did: a report, a trace, or both. Loaded when one of them is wanted. */
import { fstatSync, writeFileSync } from "node:fs";
import { writeInJob } from "../../adapters/system/file-errors.ts";
import { residentBytes } from "../../adapters/system/memory.ts";
import type { Job } from "../../core/coordinator/job/job.ts";
import type { JobEvent } from "../../core/coordinator/observer.ts";
import { Interrupted, ReaderGone } from "../../core/errors.ts";
import { TimeHistogram } from "../../core/protocol/time-histogram.ts";
import type { ExecuteOptions, Report } from "../execution.ts";
import type { Explained } from "../explain.ts";
import { jobStats } from "../job-stats.ts";
import type { JobStats } from "../job-stats-types.ts";
import type { JobOptions } from "../options.ts";
import { aboutOf } from "./about.ts";
import { COORDINATOR } from "./memory-samples.ts";
import { type PageParts, reportPage } from "./page.ts";
import { Recording } from "./recording.ts";
import { type ReportData, reportData } from "./report-data.ts";
import { loadPageParts, onlyMissing, prepareFile, TraceFile } from "./report-files.ts";
import { slowTexts } from "./slow-texts.ts";
import type { Outcome } from "./verdict.ts";

type Run = (plan: JobOptions, options: ExecuteOptions) => Promise<Report | Explained>;

/** Processes whose memory is shown one by one. */
const MOST_PROCESSES = 16;
const LOOK_MS = 100;
/** With more workers they are looked at less often: a look at one takes some 30 microseconds. */
const LOOK_MS_A_WORKER = 5;

/** @throws {UsageError} before the first record, where a file cannot be written */
export async function recordJob(plan: JobOptions, options: ExecuteOptions, run: Run): Promise<Report> {
  const recorder = new Recorder(plan, options);
  const { observer, control } = options;
  let isDrained = false;
  void control.drain.then(() => {
    isDrained = true;
  });
  const onExit = () => recorder.write("interrupted", undefined);
  process.on("exit", onExit);
  try {
    const report = (await run(plan, {
      ...options,
      observer(event) {
        recorder.observe(event);
        observer?.(event);
      },
      onPlanned(job) {
        recorder.prepare(job);
        options.onPlanned?.(job);
      },
      onBegun: (soFar) => recorder.begin(soFar),
    })) as Report;
    const { figures, failures } = recorder.write("done", undefined);
    if (figures === undefined) return report;
    const missing = failures.map(({ error, what }) => onlyMissing(error, what));
    return { ...report, figures, missing: [...(report.missing ?? []), ...missing] };
  } catch (error) {
    const { failures } = recorder.write(outcomeOf(error, isDrained), error);
    for (const failure of failures) options.messages.warning(failure.error.message);
    throw error;
  } finally {
    process.off("exit", onExit);
    recorder.close();
  }
}

function outcomeOf(error: unknown, isDrained: boolean): Outcome {
  const { code } = (error ?? {}) as { code?: unknown };
  if (error instanceof ReaderGone) return "stopped";
  return isDrained || error instanceof Interrupted || code === "PMAP_CANCELLED" ? "interrupted" : "failed";
}

interface Failure {
  readonly what: "report" | "trace";
  readonly error: Error;
}

interface Written {
  readonly figures?: JobStats;
  /** Why files could not be written. */
  readonly failures: readonly Failure[];
}

function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}

function thrownBy(what: Failure["what"], action: () => void): Failure[] {
  try {
    action();
    return [];
  } catch (error) {
    return [{ what, error: error as Error }];
  }
}

class Recorder {
  readonly #plan: JobOptions;
  readonly #options: ExecuteOptions;
  readonly #beganMs: number;
  readonly #beganCpu: { readonly user: number; readonly system: number };
  readonly #recording = new Recording();
  readonly #parts: PageParts | undefined;
  #trace: TraceFile | undefined;
  readonly #undo: (() => void)[] = [];
  #job: Job | undefined;
  #soFar: (() => Report) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isWritten = false;

  constructor(plan: JobOptions, options: ExecuteOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#beganMs = options.beganMs ?? 0;
    // A process that is for this job alone has begun with it.
    this.#beganCpu = options.beganMs === undefined ? { user: 0, system: 0 } : process.cpuUsage();
    if (plan.reportPath !== undefined) this.#parts = loadPageParts(options.runtime.sha256);
  }

  /** Before the first record, when it is known that the files are free. */
  prepare(job: Job): void {
    this.#job = job;
    const { reportPath, tracePath } = this.#plan;
    for (const path of [reportPath, tracePath]) if (path !== undefined) this.#undo.push(prepareFile(path));
  }

  begin(soFar: () => Report): void {
    this.#soFar = soFar;
    if (this.#plan.tracePath !== undefined) this.#trace = new TraceFile(this.#plan.tracePath, this.#options.version);
    for (const { event, atMs } of this.#early.splice(0)) this.#trace?.observe(event, atMs);
    this.#lookAtMemory();
    const everyMs = Math.max(LOOK_MS, LOOK_MS_A_WORKER * this.#plan.cores);
    this.#timer = setInterval(() => this.#lookAtMemory(), everyMs);
    this.#timer.unref?.();
  }

  /** What has come before the files may be written. */
  readonly #early: { readonly event: JobEvent; readonly atMs: number }[] = [];

  observe(event: JobEvent): void {
    const atMs = this.#now();
    if (this.#isWritten) return;
    this.#recording.observe(event, atMs);
    if (this.#trace !== undefined) this.#trace.observe(event, atMs);
    else if (this.#plan.tracePath !== undefined) this.#early.push({ event, atMs });
  }

  /** Once; a job that has not begun leaves no file. */
  write(outcome: Outcome, error: unknown): Written {
    if (this.#isWritten) return { failures: [] };
    this.#isWritten = true;
    const soFar = this.#soFar?.();
    if (soFar === undefined) {
      for (const undo of this.#undo) undo();
      return { failures: [] };
    }
    this.#lookAtMemory();
    const endMs = this.#now();
    const { user, system } = process.cpuUsage();
    const cpu = { user: user - this.#beganCpu.user, system: system - this.#beganCpu.system };
    const figures = jobStats({ ...soFar, mode: this.#plan.mode }, endMs, cpu);
    const failures = [
      ...thrownBy("trace", () => this.#trace?.end(endMs, outcome)),
      ...thrownBy("report", () => this.#writeReport(() => this.#data(outcome, error, soFar, figures))),
    ];
    return { figures, failures };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #writeReport(data: () => ReportData): void {
    const { reportPath } = this.#plan;
    if (reportPath === undefined || this.#parts === undefined) return;
    const page = reportPage(data(), this.#parts);
    writeInJob(reportPath, () => writeFileSync(reportPath, page));
  }

  #data(outcome: Outcome, error: unknown, soFar: Report, stats: JobStats): ReportData {
    const job = this.#job as Job;
    const { runtime, version, argv } = this.#options;
    const recordTimes = new TimeHistogram();
    for (const worker of soFar.stats.values()) recordTimes.addAll(worker.recordTimes);
    return reportData({
      outcome,
      failure: outcome === "failed" && error instanceof Error ? error.message : undefined,
      // CPU time of workers that have not ended in order is not known.
      stats: outcome === "done" ? stats : { ...stats, coresUsed: undefined },
      summary: soFar.summary,
      recorded: this.#recording.recorded(stats.wallMs),
      memory: this.#recording.memory.series(MOST_PROCESSES),
      recordTimes: recordTimes.counts(),
      slowTexts: slowTexts(soFar.summary.slowest, job, runtime.text),
      hotLines: soFar.hotLines,
      readsStream: job.sources.some(({ kind }) => kind === "stream"),
      writesStream: this.#plan.outputPath === undefined && (this.#options.stream !== undefined || isPipe(1)),
      about: aboutOf(this.#plan, { runtime, version, argv, format: soFar.format, cluster: stats.cluster }),
    });
  }

  #lookAtMemory(): void {
    const atMs = this.#now();
    const { memory } = this.#recording;
    if (!memory.isDue(atMs)) return;
    const bytes = new Map<number, number>();
    const add = (worker: number, pid: number) => {
      const n = residentBytes(pid);
      if (n !== undefined) bytes.set(worker, n);
    };
    add(COORDINATOR, process.pid);
    for (const [worker, pid] of this.#recording.pids()) add(worker, pid);
    if (bytes.size === 0) return;
    memory.add(atMs, bytes);
    this.#trace?.memory(atMs, bytes);
  }

  #now(): number {
    return performance.now() - this.#beganMs;
  }
}
