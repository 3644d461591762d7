/** The form of the figures of `--stats`. */
import type { WorkerStats as Told } from "../core/protocol/worker-stats.ts";

/** What is told of a worker. */
export type WorkerStats = Omit<Told, "recordTimes">;

/** A worker's row. */
export interface WorkerRow extends WorkerStats {
  readonly worker: number;
  /** On a cluster: the executor that the worker is a slot of, and its machine. */
  readonly executor?: string;
  readonly host?: string;
}

/** What has run a job on other machines. */
export interface ClusterStats {
  readonly engine: "spark";
  /** Of the engine. */
  readonly version: string;
  readonly master: string;
  /** Tasks and ranges of keys that are done. */
  readonly tasks: number;
  /** Attempts at tasks that failed, and were made again. */
  readonly attemptsFailed: number;
  /** Executors that the job has had, and those of them that were lost. */
  readonly executors: number;
  readonly executorsLost: number;
}

export interface JobStats {
  /** Of this form: it changes when a field changes its meaning or goes. docs/stats.schema.json describes it. */
  readonly version: 1;
  /** Since this process began; in a program since the job did. */
  readonly wallMs: number;
  /** The most workers that there were at once; of a cluster the slots that had tasks. */
  readonly workers: number;
  /** Milliseconds of reading, parsing, computing, printing, merging and writing per millisecond that workers could have had. */
  readonly efficiency: number;
  readonly records: number;
  /** Cores that were busy, on average: CPU time of all processes by time. Undefined where a worker died, or has not told, and on a cluster. */
  readonly coresUsed: number | undefined;
  /** The coordinator's own; undefined where workers are threads of its process, or nothing but calls. */
  readonly coordinator: { readonly cpuMs: number; readonly share: number } | undefined;
  readonly total: WorkerStats;
  readonly perWorker: readonly WorkerRow[];
  /** Undefined where workers of this machine have run the job. */
  readonly cluster?: ClusterStats | undefined;
  /** The slowest records that a clock has seen, the slowest first. */
  readonly slowest: readonly { source: string; line: number; offset: number; ms: number; within: number }[];
}
