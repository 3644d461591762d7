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
  /** Whether records are counted: then what is given out is no bytes. */
  readonly isCounted: boolean;
  /** Whether it tells what `--explain` wants to know besides: how long it waited for a core, and which fields the script sees. */
  readonly explains: boolean;
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

export const NO_STATS: WorkerStats = {
  batches: 0,
  records: 0,
  bytesIn: 0,
  bytesOut: 0,
  ms: NO_TIME,
  sampled: { records: 0, parse: 0, compute: 0, print: 0 },
  recordTimes: [],
};

export function sumOfStats(a: WorkerStats, b: WorkerStats): WorkerStats {
  return combined(a, b, 1);
}

/** What has come since; `before` is what was told then, by the same workers. */
export function statsSince(now: WorkerStats, before: WorkerStats): WorkerStats {
  return combined(now, before, -1);
}

function combined(a: WorkerStats, b: WorkerStats, sign: 1 | -1): WorkerStats {
  const longest = a.recordTimes.length > b.recordTimes.length ? a.recordTimes : b.recordTimes;
  return {
    batches: a.batches + sign * b.batches,
    records: a.records + sign * b.records,
    bytesIn: a.bytesIn + sign * b.bytesIn,
    bytesOut: a.bytesOut + sign * b.bytesOut,
    ms: combinedParts(a.ms, b.ms, sign),
    sampled: combinedParts(a.sampled, b.sampled, sign),
    recordTimes: longest.map((_, i) => (a.recordTimes[i] ?? 0) + sign * (b.recordTimes[i] ?? 0)),
  };
}

function combinedParts<T extends object>(a: T, b: T, sign: 1 | -1): T {
  const parts = (Object.entries(a) as [keyof T, number][]).map(([part, n]) => [part, n + sign * (b[part] as number)]);
  return Object.fromEntries(parts) as T;
}
