/**
 * What a running job tells an observer: typed events, a few for each batch and none for each record.
 *
 * It is called as `observer?.({ ... })`: without an observer the event is not even made.
 */
import type { Exit } from "../platform/runtime.ts";
import type { BatchCounts, RunningRecord, Segment } from "../protocol/messages.ts";
import type { Job, PlacedReject } from "./job/job.ts";
import type { KillReason } from "./workers/death.ts";

/** Called in the course of the job: it must be quick, and must not throw. */
export type Observer = (event: JobEvent) => void;

export type Phase = "starting" | "mapping" | "merging" | "finishing";

export type JobEvent =
  /** What is known before the first record. */
  | { readonly type: "planned"; readonly plan: PlannedWork }
  | { readonly type: "phase"; readonly phase: Phase }
  /** On a cluster: a slot of an executor has its first task. */
  | {
      readonly type: "workerSpawned";
      readonly worker: number;
      readonly pid: number | undefined;
      readonly place?: WorkerPlace;
    }
  /** `expected` when the worker was told to go; `reason` when the coordinator killed it, and why. */
  | {
      readonly type: "workerEnded";
      readonly worker: number;
      readonly exit: Exit;
      readonly expected: boolean;
      readonly reason: KillReason | undefined;
    }
  /** A worker has been sent a batch. It works on its batches in this order. */
  | {
      readonly type: "batchBegun";
      readonly id: number;
      readonly worker: number;
      readonly segments: readonly Segment[];
      /** Bytes of input; numbers of a range. */
      readonly bytes: number;
    }
  /** The worker has answered, or has died of it. The counts are of what it has done, the rest is given out again. */
  | {
      readonly type: "batchEnded";
      readonly id: number;
      readonly worker: number;
      readonly how: "done" | "failed" | "died";
      readonly counts: BatchCounts;
      /** Of input that it has done; numbers of a range. */
      readonly bytesIn: number;
      readonly bytesOut: number;
      /** Milliseconds from the arrival at the script to the answer; 0 unless done. */
      readonly busyMs: number;
    }
  /** What a worker is on. Told at slow records, and now and then at quick ones. */
  | { readonly type: "recordRunning"; readonly id: number; readonly worker: number; readonly at: RunningRecord }
  /** In input order, by the id that the batch has ended with. `bytesIn` are numbers of a range; `bytesOut` is what the batch has printed. */
  | ({
      readonly type: "committed";
      readonly id: number;
      readonly bytesIn: number;
      readonly bytesOut: number;
      readonly reached: ReachedPlace | undefined;
    } & Readonly<BatchCounts>)
  /** Right before the commit of the batch that it is in. */
  | { readonly type: "reject"; readonly reject: PlacedReject }
  /** On a cluster: its executors, each of which has workers of its own, and the tasks that are known so far. */
  | ({ readonly type: "executorJoined" } & WorkerPlace)
  | ({ readonly type: "executorEnded"; readonly expected: boolean; readonly reason: string } & WorkerPlace)
  | { readonly type: "tasksPlanned"; readonly tasks: number }
  /** A task that another attempt does. It is the `nth` at this task, from 1 on. */
  | ({ readonly type: "attemptFailed"; readonly nth: number; readonly reason: string } & WorkerPlace)
  /** Nothing new is given out until `resumed`: the machine is short of memory, or its load is too high. */
  | { readonly type: "waiting"; readonly reason: string }
  | { readonly type: "resumed" };

/** Where a cluster's worker is: on an executor, by its name, of a machine. */
export interface WorkerPlace {
  readonly executor: string;
  readonly host: string;
}

/** Counts that an earlier run has committed are in `done`. */
export interface PlannedWork {
  /** The most workers that there may be; undefined on a cluster, which has not said yet. */
  readonly cores: number | undefined;
  /** By source: its name, and its bytes where they are known. One source, of numbers, for a range. */
  readonly sources: readonly { readonly name: string; readonly bytes: number | undefined }[];
  readonly unit: "bytes" | "numbers";
  /** What one of the numbers is called: `row`. */
  readonly unitName?: string;
  /** How many there are in all sources, where that is known. */
  readonly total: number | undefined;
  /** The most records that are wanted. */
  readonly limit: number | undefined;
  readonly done: { readonly records: number; readonly bytesIn: number };
}

/**
 * @param cores the most workers that the engine may have
 * @param done what an earlier run has committed of the job
 */
export function plannedWork(
  job: Job,
  cores: number | undefined,
  { records, bytesIn }: PlannedWork["done"],
): PlannedWork {
  const { limit, units, input } = job;
  const done = { records, bytesIn };
  if (units !== undefined && input.cut === "units") {
    const [only, ...others] = job.sources;
    const isOne = only !== undefined && others.length === 0 && input.sourceIsRecord !== true;
    const sources = [{ name: isOne ? only.name : input.sourceName, bytes: undefined }];
    return { cores, sources, unit: "numbers", unitName: input.unit, total: units, limit, done };
  }
  const sources = job.sources.map((source) => ({
    name: source.name,
    bytes: source.kind === "file" ? source.end - source.begin : undefined,
  }));
  const total = sources.reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  );
  return { cores, sources, unit: "bytes", total, limit, done };
}

/** Up to here, and to the end of this line, a source has been committed. */
export interface ReachedPlace {
  readonly source: number;
  readonly offset: number;
  readonly lines: number;
}
