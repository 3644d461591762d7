/** The slowest records of a batch, as a worker names them. */
import type { RecordFailure } from "./record-failure.ts";

/** Where a record is; the line is counted as in a RecordFailure. */
export type SlowRecordPlace = Pick<RecordFailure, "source" | "offset" | "line" | "origin">;

export interface SlowRecord extends SlowRecordPlace {
  readonly ms: number;
  /** It is one of this number of records, of which the one at this place is the last: 1 where it was timed alone. */
  readonly within: number;
}

/** How many are kept: of a batch, and of a job. */
export const MOST_SLOW_RECORDS = 5;

/**
 * Adds one to the slowest, which stay sorted. A record that has been seen twice counts with its longer time.
 * @returns the time from which on another one would be kept, in milliseconds
 */
export function addSlowRecord(slowest: SlowRecord[], record: SlowRecord): number {
  const known = slowest.findIndex(({ source, offset }) => source === record.source && offset === record.offset);
  if (known === -1) slowest.push(record);
  else if ((slowest[known] as SlowRecord).ms < record.ms) slowest[known] = record;
  slowest.sort((a, b) => b.ms - a.ms);
  if (slowest.length > MOST_SLOW_RECORDS) slowest.pop();
  return slowest.length < MOST_SLOW_RECORDS ? 0 : (slowest.at(-1) as SlowRecord).ms;
}
