/** What `--stats` and `--explain` want to know of a worker, and how closely it is to look. */
import type { TimeCounts } from "./time-histogram.ts";

/** Milliseconds of a batch by what they went to. */
export interface Stages {
  readonly parse: number;
  readonly compute: number;
  readonly print: number;
}

export interface WorkerStats {
  readonly batches: number;
  readonly records: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds. Together they are the worker's life so far. */
  readonly ms: WorkerTime;
  /** The part of it that was looked at closely, without what looking takes. */
  readonly sampled: Stages & { readonly records: number };
  /** How long the script's filter and map took for a record, of those that were sampled. */
  readonly recordTimes: TimeCounts;
}

export interface WorkerTime {
  /** Until it could take a request: runtime, script, setup. */
  readonly start: number;
  /** Reading and parsing, calling the script's functions, printing: estimated from the batches that were sampled. */
  readonly parse: number;
  readonly compute: number;
  readonly print: number;
  /** Batches of asynchronous scripts: a moment belongs to no single record. */
  readonly unsplit: number;
  /** Merging partials and groups. */
  readonly merge: number;
  /** Giving answers to the coordinator. */
  readonly send: number;
  /** Writing to the output file. */
  readonly write: number;
  /** Nothing to do. */
  readonly wait: number;
}

/** How closely a worker looks. */
export interface Measures {
  /** The part of its busy time that is sampled, beside the 1st, 2nd, 4th, 8th, ... batch. */
  readonly share: number;
  /** Whether its clock has started with it, as a process's has. */
  readonly ownClock: boolean;
  /** Whether its records are counted: then they have no bytes. */
  readonly ofRange: boolean;
  /** Whether it tells what `--explain` wants to know besides: how long it waited for a core, and which fields the script sees. */
  readonly explains: boolean;
}
