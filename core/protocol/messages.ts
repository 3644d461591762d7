/**
 * The messages between coordinator and worker. Each is the head of one frame; the comment says what the body holds.
 *
 * load -> loaded | broken, start -> started | broken, then any number of map, merge and group requests, each answered
 * exactly once by done or failed (or by the death of the worker), and stop -> stopped. There is no need to wait for an answer
 * before the next message: what comes after a load that is broken goes unheard, until the next load.
 */

import type { Dialect } from "../formats/format.ts";
import type { OutputCompression } from "../platform/runtime.ts";
import type { Key, ScriptFacts, ScriptSource } from "../script/types.ts";
import type { CpuProfile } from "./call-tree.ts";
import type { InputPosition } from "./input-position.ts";
import type { RecordFailure } from "./record-failure.ts";
import type { SlowRecord } from "./slow-record.ts";
import type { WorkerSettings } from "./worker-settings.ts";
import type { WorkerStats } from "./worker-stats.ts";

/** A part of one source: the records that start in [start, end). Where chunks begin in it, the grid says. */
export interface Segment {
  readonly source: number;
  readonly start: number;
  readonly end: number;
  /** What an offset in the source is on the grid, minus the offset. */
  readonly shift: number;
  /** Where the first record begins that begins at `start` or behind it: said where a byte alone does not tell. */
  readonly first?: number | undefined;
  /** Lines of the source before its first record, where that is in this segment. */
  readonly headerLines?: number | undefined;
}

/** Where a batch is cut in two: in front of this byte (or number) of this one of its segments. */
export interface Cut {
  readonly segment: number;
  readonly at: number;
  /** As in a segment, of what stands behind the cut. */
  readonly first?: number | undefined;
}

/** A batch ends in front of the cut, behind this number of records. */
export interface EarlyCut {
  readonly cut: Cut;
  readonly records: number;
}

export interface MapRequest {
  readonly type: "map";
  readonly id: number;
  /** Body: empty. For a stream: a block with the records of `segments[0]`, and here the offset of its first byte. */
  readonly blockStart: number | undefined;
  readonly segments: readonly Segment[];
  /** Of a stream: how it is written, where its beginning says that. */
  readonly dialect?: Dialect | undefined;
  /** The columns of CSV that is printed; undefined where this batch is to find them out, and to begin with the header. */
  readonly columns?: readonly string[] | undefined;
  readonly limit: number | undefined;
  /** After so long the worker hands on what it has not begun; undefined where all of it is wanted. */
  readonly budgetMs: number | undefined;
  /** The script is known to return promises: the batch is no longer than one of such records should be. */
  readonly asynchronous: boolean;
  /** Announce each record before it is run: the batch has taken a worker down before. */
  readonly isolated: boolean;
  readonly poisoned: readonly (readonly [key: string, record: PoisonRecord])[];
}

/** A record that took a worker down before, and what is said of it instead of running it again. */
export interface PoisonRecord extends Pick<RecordFailure, "kind" | "message" | "attempts" | "exitCode" | "signal"> {}

/** The name of a record in `poisoned`. */
export function poisonKey(source: number, offset: number): string {
  return `${source}:${offset}`;
}

/** A node of the merge tree whose value is in the body of the same frame. */
export interface NodeHead {
  readonly level: number;
  readonly index: number;
  readonly bytes: number;
}

export interface MergeRequest {
  readonly type: "merge";
  readonly id: number;
  /** Body: the values, one after the other. */
  readonly nodes: readonly NodeHead[];
  /** Merge down to one, apply `finish` and print: the job's result. */
  readonly final: boolean;
}

/** A part of a sorted run: entries of [start, end) in a file. */
export interface RunSlice {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Merge the groups whose keys lie in [low, high), and print them in the order of their keys. */
export interface GroupRequest {
  readonly type: "group";
  readonly id: number;
  /** In the order of the batches they come from. */
  readonly slices: readonly RunSlice[];
  readonly low: { readonly key: Key } | undefined;
  readonly high: { readonly key: Key } | undefined;
  /** As in a MapRequest. */
  readonly columns?: readonly string[] | undefined;
}

/** Compress the body, a part of the output, in blocks of `blockBytes` each. */
export interface CompressRequest {
  readonly type: "compress";
  readonly id: number;
  readonly compression: OutputCompression;
  readonly blockBytes: number;
}

/** Of an output of row groups: what the body, which is rows that have been printed, says of the columns, or a row group of them. */
export interface RowsRequest {
  readonly type: "rows";
  readonly id: number;
  /** Of the end of the file, the body says what has to be said of each group, a line of JSON each. */
  readonly make: "columns" | "group" | "end";
  readonly columns: readonly string[];
}

export type Request = MapRequest | MergeRequest | GroupRequest | CompressRequest | RowsRequest;

export type ToWorker =
  /** The first that a worker gets: from now on its frames begin with the seal. */
  | { readonly type: "load"; readonly script: ScriptSource; readonly seal: number }
  | { readonly type: "start"; readonly settings: WorkerSettings }
  | Request
  | Grant
  | Starts
  /** The job is to end. A batch that may be cut is, in front of the first record that waits to be started. */
  | { readonly type: "halt" }
  | { readonly type: "stop"; readonly how: StopHow };

/** In a hurry the job is given up: the script's signal is aborted before its teardown runs. */
export type StopHow = "in order" | "in a hurry";

/** Write the kept output of request `id` at `position`, without its first `trim` bytes. */
export interface Grant {
  readonly type: "grant";
  readonly id: number;
  readonly position: number;
  readonly trim: number;
}

/** This number of the records that wait for their turn may start. */
export interface Starts {
  readonly type: "starts";
  readonly count: number;
}

/** A sorted run that a worker has written, with a sparse index so that it can be cut by keys without reading it. */
export interface SortedRun {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** At regular distances: the key that starts at that position. */
  readonly index: readonly (readonly [key: Key, position: number])[];
}

/** What became of a batch's records; all zero for other requests. */
export interface BatchCounts {
  records: number;
  emittedFrom: number;
  filtered: number;
  rejected: number;
}

export interface Done {
  readonly type: "done";
  readonly id: number;
  readonly counts: BatchCounts;
  /** In input order. */
  readonly rejects: readonly RecordFailure[];
  /** Lines of each segment. */
  readonly lines: readonly number[];
  readonly counters: readonly (readonly [name: string, n: number])[];
  /** Bytes of output. They are the body, unless `kept`: then they wait in the worker for a grant. */
  readonly bytes: number;
  readonly kept: boolean;
  /** Nodes of the merge tree; their values follow the output in the body. */
  readonly nodes: readonly NodeHead[];
  readonly runs: readonly SortedRun[];
  readonly asynchronous: boolean;
  /** The columns of the rows that it has printed, where they were not said. */
  readonly columns?: readonly string[] | undefined;
  /** Of a row group: what the end of the file has to say of it. */
  readonly note?: string | undefined;
  /**
   * The worker has stopped here, and all that it says is of what comes before. The rest is for others. `chunkMs` is how long
   * it was busy with the chunk in which it has stopped, if it is in the middle of one.
   */
  readonly cut?: (Cut & { readonly chunkMs?: number | undefined }) | undefined;
  /** The slowest records, where a clock has seen any: of those over some milliseconds, and of those that were sampled. */
  readonly slowest?: readonly SlowRecord[] | undefined;
  /** What the user is to know of the script, and the job goes on. */
  readonly warning?: string | undefined;
  /** Milliseconds from the request's arrival at the script to its answer, without `asideMs`. */
  readonly busyMs: number;
  /** For `--explain`, where the system tells: how long the worker waited for a core before the request, and of `busyMs`. */
  readonly queuedMs?: { readonly before: number; readonly during: number } | undefined;
  /** Milliseconds for what was no record's work: another worker would have to do it again for any part of the batch. */
  readonly asideMs?: number | undefined;
  /** What a worker that measures itself has done so far. */
  readonly stats?: WorkerStats | undefined;
}

export type FromWorker =
  /**
   * Only with limits for starts: how many more records of a batch would start, where in the input it begins, and how many records have
   * come to an end.
   */
  | {
      readonly type: "asks";
      readonly starts: number;
      readonly batch?: InputPosition | undefined;
      readonly ended: number;
    }
  | { readonly type: "loaded"; readonly facts: ScriptFacts }
  | { readonly type: "started" }
  | Broken
  | Done
  | Failed
  | { readonly type: "written"; readonly id: number }
  | { readonly type: "unwritten"; readonly id: number; readonly message: string }
  | Stray
  /** Only where the settings want it: what has been sampled since the last one. */
  | { readonly type: "profiled"; readonly profile: CpuProfile }
  /**
   * Only for isolated requests: this record is about to run, or (`waits`) has given a promise and goes on. The line is counted
   * as in a RecordFailure.
   */
  | {
      readonly type: "recordStarted";
      readonly id: number;
      readonly source: number;
      readonly offset: number;
      readonly line: number;
      readonly waits?: true | undefined;
    }
  /** Only for isolated requests: this record has come to its end. */
  | { readonly type: "recordEnded"; readonly id: number; readonly source: number; readonly offset: number }
  /**
   * Ahead of the answer, which takes as long as the records that have been started: the batch is cut, and what is behind the cut is
   * for others. The answer is of what comes before it.
   */
  | ({ readonly type: "cut"; readonly id: number } & EarlyCut)
  /**
   * Only with attempts that may follow: whether nothing of the batch runs, since its records wait for their next attempt. It takes no
   * other batch's place meanwhile.
   */
  | ({ readonly type: "pausing"; readonly id: number } & Pausing)
  /** Only where the settings want it. */
  | ({ readonly type: "running"; readonly id: number } & RunningRecord)
  /** Only with a timeout. The worker is making progress in a long request; or does what is no record's, until its next word. */
  | { readonly type: "heartbeat" | "untimed"; readonly id: number }
  | Stopped;

/** The last that a worker says. */
export interface Stopped {
  readonly type: "stopped";
  readonly counters: readonly (readonly [name: string, n: number])[];
  readonly stats?: WorkerStats | undefined;
  /** CPU time that its process has taken, in milliseconds, where it has one and the runtime tells. */
  readonly cpuMs?: number | undefined;
  /** For `--explain`: the fields of a record that the script sees, where its code tells. */
  readonly fields?: readonly string[] | undefined;
}

export interface Pausing {
  readonly pauses: boolean;
}

/** What a worker is on. */
export interface RunningRecord {
  readonly source: number;
  readonly offset: number;
  /** Counted as in a RecordFailure. */
  readonly line: number;
  /** Whether it is the record behind the one at this place. */
  readonly isNext: boolean;
  /** It may be one of this number of records, of which this place is in front: quick ones are not told one by one. */
  readonly within: number;
}

/** The script cannot be used by this worker, or by any. */
export interface Broken {
  readonly type: "broken";
  readonly phase: "load" | "setup" | "teardown";
  readonly message: string;
  readonly stack: string;
  /** The runtime could not load the file as TypeScript: another loader may. */
  readonly wantsTsx: boolean;
}

/** A promise was rejected that nothing handles, or a timer or an event has thrown: no record can be blamed for it. */
export interface Stray {
  readonly type: "stray";
  /** What the worker did meanwhile. Between load and setup it is `load`. */
  readonly phase: "load" | "setup" | "records" | "teardown";
  readonly message: string;
  readonly stack: string;
}

export interface Failed {
  readonly type: "failed";
  readonly id: number;
  /** The record that failed, or undefined when it was no record's fault. */
  readonly failure: RecordFailure | undefined;
  readonly counts: BatchCounts;
  /** Of output: what the records before the failed one have made. It is the body. */
  readonly bytes?: number | undefined;
  readonly message: string;
  readonly stack: string;
  /** Our fault: an invariant does not hold. */
  readonly internal: boolean;
}
