// One job through core's own plan, window, pool and run, with workers that are made up elsewhere.

import { createFileSink } from "../../../core/coordinator/commit/sinks.ts";
import type { JobEnvironment } from "../../../core/coordinator/environment.ts";
import type { Job } from "../../../core/coordinator/job/job.ts";
import { localEngine } from "../../../core/coordinator/local-engine.ts";
import { JobRun } from "../../../core/coordinator/run-job.ts";
import { WorkerPool } from "../../../core/coordinator/workers/worker-pool.ts";
import { NO_ENDS } from "../../../core/formats/format.ts";
import { inputNamed } from "../../../core/formats/registry.ts";
import type { WorkerLink } from "../../../core/platform/runtime.ts";
import type { TextCodec } from "../../../core/platform/text-codec.ts";
import { evenGrid } from "../../../core/protocol/chunk-grid.ts";
import type { Clock } from "./clock.ts";
import { watchStart } from "./started.ts";

export interface JobSize {
  readonly workers: number;
  readonly inputBytes: number;
  readonly chunkBytes: number;
  readonly maxBatchBytes: number;
  readonly ordered: boolean;
  /** As in a job; 100 where nothing else is said. */
  readonly handOnMs?: number;
}

export interface JobTools {
  readonly spawn: () => WorkerLink;
  readonly text: TextCodec;
  readonly clock: Clock;
  /** Called when all workers are there, right before the first span is given out. */
  readonly onBegin?: () => void;
  /** Called when the last byte has been written, before the workers are stopped. */
  readonly onEnd?: () => void;
}

/** File to file: the workers keep their output and are granted its place. */
export async function runJob(size: JobSize, { spawn, text, clock, onBegin, onEnd }: JobTools): Promise<void> {
  const { workers, inputBytes, chunkBytes, maxBatchBytes, ordered, handOnMs = 100 } = size;
  const grid = evenGrid(chunkBytes);
  const source = { name: "simulated", path: "simulated", begin: 0, end: inputBytes };
  const starts: Promise<void>[] = [];
  const script = { name: "simulated", url: undefined, code: {}, modules: [], loader: "native", folder: "" } as const;
  const spawnAndWatch = () => {
    const { link, started } = watchStart(spawn(), text);
    starts.push(started);
    return link;
  };
  const pool = new WorkerPool({ spawn: spawnAndWatch, script, text, now: clock.now, after: clock.after });
  pool.grow(workers);
  await pool.facts;
  pool.begin({
    from: "jsonl",
    to: "jsonl",
    concurrency: 1,
    seed: 0,
    maxRecordBytes: 1 << 20,
    onError: "fail",
    args: [],
    sources: [source],
    range: undefined,
    bigints: false,
    grid,
    outputPath: "simulated",
    inlineBytes: 0,
    timeoutMs: undefined,
    spillFolder: undefined,
    spillBytes: 1 << 20,
  });
  await Promise.race([pool.failed, Promise.all(starts)]);
  const job: Job = {
    sources: [{ kind: "file", ...source }],
    input: inputNamed("jsonl"),
    from: "jsonl",
    units: undefined,
    grid,
    maxBatchBytes,
    handOnMs,
    exitCall: "process.exit",
    maxRecordBytes: 1 << 20,
    ordered,
    limit: undefined,
    to: "jsonl",
    cores: workers,
    concurrency: 1,
    onError: "fail",
    maxErrors: undefined,
    retries: 0,
    timeoutMs: undefined,
    maxMemoryBytes: undefined,
    recycle: undefined,
    reduces: false,
    keyed: false,
  };
  const environment: JobEnvironment = {
    sink: createFileSink({
      file: { write: () => {}, close: () => {} },
      name: "simulated",
      ends: NO_ENDS,
      text,
      begin: 0,
      resumeAt: undefined,
    }),
    text,
    after: clock.after,
    now: clock.now,
    residentBytes: () => undefined,
    openInput: () => {
      throw new Error("the simulated input is no file");
    },
    journal: undefined,
    resumeFrom: undefined,
    spare: () => undefined,
    drain: new Promise(() => {}),
    onWarning: () => {},
    onRejects: () => undefined,
  };
  onBegin?.();
  await new JobRun(job, localEngine(pool), environment).run();
  onEnd?.();
  await pool.stop();
}
