/** A job as its observer hears it, and the figures that go with it: for tests of what a report makes of them. */
import type { JobStats, WorkerStats } from "../../api/job-stats-types.ts";
import { Recording } from "../../api/report/recording.ts";
import type { Gathered } from "../../api/report/report-data.ts";
import type { Summary } from "../../core/coordinator/job/job.ts";
import type { JobEvent, PlannedWork } from "../../core/coordinator/observer.ts";
import { NO_STATS, type WorkerTime } from "../../core/protocol/worker-stats.ts";

export const plan: PlannedWork = {
  cores: 2,
  sources: [{ name: "in.jsonl", bytes: 1000 }],
  unit: "bytes",
  total: 1000,
  limit: undefined,
  done: { records: 0, bytesIn: 0 },
};
export const planned: JobEvent & { readonly type: "planned" } = { type: "planned", plan };
export const spawned = (worker: number): JobEvent => ({ type: "workerSpawned", worker, pid: 1000 + worker });
export const begun = (id: number, worker: number, start = 0): JobEvent => ({
  type: "batchBegun",
  id,
  worker,
  segments: [{ source: 0, start, end: start + 100, shift: 0 }],
  bytes: 100,
});
export const ended = (id: number, worker: number, busyMs: number, how: "done" | "died" = "done"): JobEvent => {
  const records = how === "done" ? 10 : 0;
  const counts = { records, emittedFrom: records, filtered: 0, rejected: 0 };
  return {
    type: "batchEnded",
    id,
    worker,
    how,
    counts,
    bytesIn: 10 * records,
    bytesOut: 50,
    busyMs: how === "done" ? busyMs : 0,
  };
};
export const died = (worker: number): JobEvent => ({
  type: "workerEnded",
  worker,
  exit: { code: null, signal: "SIGKILL", stderrTail: "" },
  expected: false,
  reason: undefined,
});
export const rejected = (line: number, message: string, raw: string): JobEvent => ({
  type: "reject",
  reject: {
    sourceName: "in.jsonl",
    line,
    failure: { kind: "throw", message, stack: "", source: 0, offset: 0, line, raw, attempts: 1 },
  },
});

export function recordingOf(...events: readonly (readonly [JobEvent, number])[]): Recording {
  const recording = new Recording();
  for (const [event, atMs] of events) recording.observe(event, atMs);
  return recording;
}

export function rowOf(ms: Partial<WorkerTime>): WorkerStats {
  const sampled = { records: 0, parse: 0, compute: 0, print: 0 };
  return { batches: 1, records: 10, bytesIn: 100, bytesOut: 50, ms: { ...NO_STATS.ms, ...ms }, sampled };
}

/** Of workers that each have spent their time like this. */
export function statsOf(wallMs: number, workers: readonly Partial<WorkerTime>[]): JobStats {
  const perWorker = workers.map((ms, worker) => ({ worker, ...rowOf(ms) }));
  const sum = (stage: keyof WorkerTime) => perWorker.reduce((total, { ms }) => total + ms[stage], 0);
  const stages = Object.keys(NO_STATS.ms) as (keyof WorkerTime)[];
  const ms = Object.fromEntries(stages.map((stage) => [stage, sum(stage)])) as unknown as WorkerTime;
  const useful = ms.parse + ms.compute + ms.print + ms.unsplit + ms.merge + ms.write;
  return {
    version: 1,
    wallMs,
    workers: workers.length,
    efficiency: useful / (workers.length * wallMs),
    records: 10 * workers.length,
    coresUsed: undefined,
    coordinator: { cpuMs: 10, share: 0.01 },
    total: { ...rowOf(ms), records: 10 * workers.length },
    perWorker,
    slowest: [],
  };
}

export function summaryOf(parts: Partial<Summary> = {}): Summary {
  return {
    records: 20,
    emittedFrom: 20,
    filtered: 0,
    rejected: 0,
    rejectsByKind: new Map(),
    firstReject: undefined,
    firstByKind: new Map(),
    counters: new Map(),
    slowest: [],
    workers: 2,
    bytesIn: 200,
    bytesOut: 100,
    ...parts,
  };
}

export function gather(recording: Recording, stats: JobStats, parts: Partial<Gathered> = {}): Gathered {
  return {
    outcome: "done",
    failure: undefined,
    stats,
    summary: summaryOf(),
    recorded: recording.recorded(stats.wallMs),
    memory: recording.memory.series(16),
    recordTimes: [0, 3, 5],
    slowTexts: [],
    readsStream: false,
    writesStream: false,
    about: {
      made: "2026-01-01T00:00:00Z",
      version: "1.2.3",
      commandLine: "pmap x",
      script: { name: "x.ts", text: "" },
      facts: [],
    },
    ...parts,
  };
}
