/**
 * The messages between a cluster's executor and a stage: pmap with one worker, on a machine of a cluster.
 *
 * open -> opened | broken, then tasks, looks and ranges, one at a time, each answered by any number of outputs and one done or failed.
 * That answer is the end marker: without it a task has given nothing, and is run again elsewhere. At the end of its port the stage
 * ends.
 */
import type { Done, Failed, Segment, SortedRun } from "../../protocol/messages.ts";
import type { Key, ScriptSource } from "../../script/types.ts";
import type { KeyRange } from "../commit/key-ranges.ts";
import type { Job } from "../job/job.ts";
import type { StreamPlace } from "../job/source.ts";
import type { WorkerPoolSettings } from "../workers/script-start.ts";

/**
 * What there is to know of a job on a machine that reads whatever parts of its input it is told. Of the input it is what JSON
 * keeps: how it is cut, and by what; the functions are of use where it is planned.
 */
export type JobTerms = Omit<Job, "sources" | "readHeader" | "limit" | "unitRemark">;

export interface StageJob {
  readonly terms: JobTerms;
  readonly script: ScriptSource;
  readonly settings: Omit<WorkerPoolSettings, "outputPath" | "inlineBytes" | "spillFolder">;
  /** By source: where it is, if it may have to be read as a stream. */
  readonly streams: readonly (StreamPlace | null)[];
  /** Whether a task ends its worker, so that what the script's teardown counts and throws belongs to the task. */
  readonly tearsDown: boolean;
  /** Whether the worker may read the script's folder and the inputs, and do nothing else. */
  readonly sandboxed: boolean;
}

/** A batch of whole chunks; nothing of its records but their places. */
export interface StageTask {
  readonly type: "task";
  readonly id: number;
  readonly segments: readonly Segment[];
  readonly bytes: number;
  /** Set where it is all of a stream: its only segment says the source and where it begins on the grid, and not where it ends. */
  readonly stream?: { readonly limit: number | undefined } | undefined;
  /** As in a MapRequest. */
  readonly columns?: readonly string[] | undefined;
}

/** Inputs of which something has to be known that only reading them tells. */
export interface StageLook {
  readonly type: "look";
  readonly id: number;
  readonly sources: readonly LookedSource[];
}

export interface LookedSource {
  readonly source: number;
  /** Whether it seems to be one member, and is not known to be. */
  readonly seemsOneMember: boolean;
  /** Whether its length is wanted, where it is a stream. */
  readonly wantsBytes: boolean;
}

export interface FoundSource {
  readonly source: number;
  readonly isOneMember: boolean;
  /** Of a stream, up to where it can be read; undefined where that is not wanted. */
  readonly bytes: number | undefined;
}

/** What a task has found of a stream. */
export interface StreamFound {
  /** Where it ends, and bytes of it that were records. */
  readonly end: number;
  readonly bytes: number;
  readonly headerLines: number | undefined;
  /** What the user is to know of its header. */
  readonly warnings: readonly string[];
}

/** A `done` of a stage says more where more was asked. */
export interface StageDone extends Done {
  readonly stream?: StreamFound | undefined;
  readonly found?: readonly FoundSource[] | undefined;
}

/** A `failed` of a stage says whether the user has asked for what cannot be had. */
export interface StageFailed extends Failed {
  readonly isUsage?: true | undefined;
  readonly stream?: StreamFound | undefined;
}

/** A range of keys: slices of sorted runs are merged, which stand in a file, one behind the other, in the order of the input. */
export interface StageRange extends KeyRange {
  readonly type: "range";
  readonly id: number;
  /** As in a MapRequest. */
  readonly columns?: readonly string[] | undefined;
}

/** A range as a stage gets it: its executor has put the file there. */
export interface PlacedRange extends StageRange {
  readonly path: string;
  /** Where each slice ends. */
  readonly ends: readonly number[];
}

/** Asks at which bytes the cuts of sorted runs are. */
export interface CutRuns {
  readonly type: "cut";
  readonly runs: readonly SortedRun[];
  readonly cuts: readonly Key[];
}

export type ToStage = { readonly type: "open"; readonly job: StageJob } | StageTask | StageLook | PlacedRange | CutRuns;

export type FromStage =
  | { readonly type: "opened"; readonly runtime: string; readonly version: string }
  /** A worker, or the stage itself, has FIFOs of these names, on which it asks for files that only its executor can read; or has gone. */
  | { readonly type: "serve"; readonly fifos: string; readonly ends: boolean }
  /** The script cannot be used, here or anywhere. */
  | { readonly type: "broken"; readonly message: string }
  /** Body: the next bytes of the task's output. */
  | { readonly type: "output" }
  /** Body: the next of the task's rejects, as a JSON array of RecordFailure. The last of them are in its `done`. */
  | { readonly type: "rejects" }
  /** Before a `done` of groups: where the task's sorted runs are, in files of the stage's folder. */
  | { readonly type: "runs"; readonly runs: readonly SortedRun[] }
  /** Answers CutRuns: of each run the slices of all ranges, counted from where it begins: start, end, start, end, and so on. */
  | { readonly type: "slices"; readonly slices: readonly (readonly number[])[] }
  /**
   * Body: the values of its nodes. In the place of sorted runs stands one that is a sample of their keys. `stats` are what the
   * worker has measured for this task alone.
   */
  | StageDone
  | StageFailed;
