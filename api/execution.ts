/** What running a job takes and gives, for those that run one and those that tell of it. */
import type { OutputStream } from "../core/coordinator/commit/sinks.ts";
import type { Job, PlacedReject, Summary } from "../core/coordinator/job/job.ts";
import type { Observer, WorkerPlace } from "../core/coordinator/observer.ts";
import type { JobError } from "../core/errors.ts";
import type { Runtime, WorkerLink } from "../core/platform/runtime.ts";
import type { CpuProfile } from "../core/protocol/call-tree.ts";
import type { WorkerStats } from "../core/protocol/worker-stats.ts";
import type { FoundFormat } from "./input-format.ts";
import type { ClusterStats, JobStats } from "./job-stats-types.ts";
import type { Messages } from "./messages.ts";
import type { HotLines } from "./profile/hot-lines.ts";

export type { PlacedSlowRecord, Summary } from "../core/coordinator/job/job.ts";
export type { JobEvent, Observer, Phase, PlannedWork, ReachedPlace } from "../core/coordinator/observer.ts";
export type { Runtime } from "../core/platform/runtime.ts";
export type { RunningRecord } from "../core/protocol/messages.ts";
export type { WorkerStats, WorkerTime } from "../core/protocol/worker-stats.ts";
export type { HotLine, HotLines } from "./profile/hot-lines.ts";

/** What ends a job from outside. */
export interface Control {
  /** Resolves when nothing new may be started. */
  readonly drain: Promise<void>;
  /** Called with the function that ends every worker at once. */
  onKillable(kill: () => void): void;
  /** Never resolves; rejects, with what the job then fails with, when its results are not wanted. */
  readonly cancelled?: Promise<never>;
}

export interface ExecuteOptions {
  readonly runtime: Runtime;
  readonly control: Control;
  readonly version: string;
  /** A worker of the usual kind that has been started already, if there is one. */
  readonly takeStarted: () => WorkerLink | undefined;
  readonly messages: Messages;
  /** Where the output goes that goes to no file; undefined for stdout. */
  readonly stream?: OutputStream;
  /** Whether stdout is the job's: then what an inline script prints there goes to stderr. */
  readonly ownsStdout: boolean;
  /** Called before any record runs; what it throws ends the job. */
  readonly onPlanned?: ((job: Job) => void) | undefined;
  /** Called when records may run, with a function that says what there is to tell so far. */
  readonly onBegun?: (soFar: () => Report) => void;
  /** Hears where workers' time in the script went, where the job profiles it. */
  readonly onProfile?: (profile: CpuProfile) => void;
  /** Rejects, in input order, beside the errors file. */
  readonly onRejects?: (rejects: readonly PlacedReject[]) => void;
  /** Hears what the job does; without one nothing is told. */
  readonly observer?: Observer | undefined;
  /** The words that started pmap, for the report; undefined in a program. */
  readonly argv?: readonly string[];
  /** When the job began, on the clock of performance.now(); 0 where this process is for it alone. */
  readonly beganMs?: number;
}

export interface ToldCluster {
  readonly figures: ClusterStats;
  /** By worker. */
  readonly places: readonly WorkerPlace[];
}

/** What there is to tell of a job that has run. */
export interface Report {
  readonly tag: "ran";
  readonly summary: Summary;
  /** The format of the input, and why; undefined where there is none. */
  readonly format: FoundFormat | undefined;
  /** What has run the job on other machines; undefined on this one. */
  readonly cluster?: ToldCluster | undefined;
  /** The most workers that there were at once, and what each says of itself when it measures itself. */
  readonly workers: number;
  readonly stats: ReadonlyMap<number, WorkerStats>;
  /** CPU time of the worker processes, in milliseconds; NaN where one of them has not told. */
  readonly workersCpuMs: number;
  /** The figures of the report that has been written: --stats tells the same. */
  readonly figures?: JobStats;
  /** Files about the job that could not be written, where the job itself is done: what each failure says. */
  readonly missing?: readonly JobError[];
  /** The lines of the script that took the most time, where it was profiled. */
  readonly hotLines?: HotLines;
}
