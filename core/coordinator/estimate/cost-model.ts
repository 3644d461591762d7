/** What a record costs, from a calibration's observations; and from which number of records on workers are worth their start. */
import type { Stages } from "../../protocol/worker-stats.ts";
import type { Observation } from "./calibrate.ts";

export interface RecordCost {
  /** Milliseconds that a record takes: reading, parsing, computing and printing. */
  readonly workMs: number;
  /** How these divide; undefined where the script is asynchronous. */
  readonly stages: Stages | undefined;
  /** Milliseconds that the messages to and from a worker take, at most: in a job it does something else meanwhile. */
  readonly transferMs: number;
  readonly recordsPerBatch: number;
  /** Milliseconds that a process takes longer in the beginning, until the compiler knows the code. */
  readonly warmUpMs: number;
  /** Bytes (or numbers) of a record; undefined when no batch was run to its end. */
  readonly bytes: number | undefined;
}

/** Undefined when there was no record. */
export function recordCost(all: readonly Observation[]): RecordCost | undefined {
  const observations = all.filter(({ records }) => records > 0);
  if (observations.length === 0) return undefined;
  const warm = warmPart(observations);
  const records = sum(warm, (seen) => seen.records);
  const asynchronous = warm.some((seen) => seen.asynchronous);
  const looked = warm.filter((seen) => seen.stages !== undefined);
  const closely = looked.length > 0 ? looked : observations.filter((seen) => seen.stages !== undefined).slice(-1);
  const net = sumOfStages(closely);
  // The clock was not in the way of the others.
  const plain = warm.filter((seen) => seen.stages === undefined);
  const netMs = net.parse + net.compute + net.print;
  const workMs = plain.length > 0 ? typicalMs(plain) : netMs / sum(closely, (seen) => seen.records);
  const scale = netMs === 0 ? 0 : workMs / netMs;
  const cold = observations.slice(0, observations.length - warm.length);
  const whole = observations.filter((seen) => seen.bytes !== undefined);
  return {
    workMs,
    stages: asynchronous
      ? undefined
      : { parse: net.parse * scale, compute: net.compute * scale, print: net.print * scale },
    transferMs: (Math.min(...warm.map((seen) => Math.max(0, seen.roundMs - seen.busyMs))) * warm.length) / records,
    recordsPerBatch: records / warm.length,
    warmUpMs: sum(cold, (seen) => Math.max(0, seen.busyMs - seen.records * workMs)),
    bytes: whole.length === 0 ? undefined : sum(whole, (seen) => seen.bytes ?? 0) / sum(whole, (seen) => seen.records),
  };
}

/**
 * Of a record, over some requests. Where the time in which the worker had no core is left out, it is the mean: slow records count.
 * Where it is not, a request in which another program had the core looks like slow records: the median does not hear of it.
 */
function typicalMs(observations: readonly Observation[]): number {
  if (observations.every(({ isNet }) => isNet))
    return sum(observations, (seen) => seen.busyMs) / sum(observations, (seen) => seen.records);
  const costs = observations.map(({ busyMs, records }) => ({ records, ms: busyMs / records }));
  costs.sort((a, b) => a.ms - b.ms);
  const half = sum(costs, ({ records }) => records) / 2;
  let before = 0;
  const middle = costs.find(({ records }) => {
    before += records;
    return before >= half;
  });
  return middle?.ms ?? 0;
}

/** The second half of the time: the first is code that the compiler has just met. */
function warmPart(observations: readonly Observation[]): readonly Observation[] {
  const half = sum(observations, (seen) => seen.busyMs) / 2;
  let before = 0;
  const first = observations.findIndex((seen) => {
    before += seen.busyMs;
    return before > half;
  });
  // The one in the middle belongs to neither, unless it is the last.
  return observations.slice(Math.min(first + 1, observations.length - 1));
}

function sumOfStages(observations: readonly Observation[]): Stages {
  const of = (stage: keyof Stages) => sum(observations, ({ stages }) => stages?.[stage] ?? 0);
  return { parse: of("parse"), compute: of("compute"), print: of("print") };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Milliseconds for a number of records in one process, and with workers that have to be started and talked to. */
export function timesOf(
  records: number,
  { workMs, transferMs, warmUpMs }: RecordCost,
  { workers, startMs }: { readonly workers: number; readonly startMs: number },
): { readonly serialMs: number; readonly parallelMs: number } {
  return {
    serialMs: warmUpMs + records * workMs,
    parallelMs: startMs + warmUpMs + (records * (workMs + transferMs)) / workers,
  };
}

/** With fewer records than this one process is faster; infinite when it always is. */
export function breakEven(
  { workMs, transferMs }: RecordCost,
  { workers, startMs }: { readonly workers: number; readonly startMs: number },
): number {
  const savedMs = workMs - (workMs + transferMs) / workers;
  return savedMs > 0 ? startMs / savedMs : Number.POSITIVE_INFINITY;
}
