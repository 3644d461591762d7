/** What is told of the record at the cursor where the clock has been looked at. */
import { addSlowRecord, type SlowRecord } from "../../protocol/slow-record.ts";
import type { BatchOptions } from "./batch-options.ts";
import type { ChunkPlace } from "./place.ts";
import type { YieldPoint } from "./yield-point.ts";

export interface RecordListeners extends Pick<BatchOptions, "tellRunning"> {
  readonly slowest: SlowRecord[];
}

/**
 * The last record was slow, or it is time for a sign of where the worker is.
 * @param stride how many records may run until the next look
 */
export function tellOfRecord(
  { cursor, source, linesBefore }: ChunkPlace,
  { slowMs, slowWithin, isToldNow }: YieldPoint,
  stride: number,
  { slowest, tellRunning }: RecordListeners,
): void {
  if (slowMs === 0 && !isToldNow) return;
  const origin = cursor.origin?.();
  const at = { source, offset: origin?.offset ?? cursor.offset(), line: linesBefore + cursor.line() };
  if (slowMs > 0) addSlowRecord(slowest, { ...at, origin, ms: slowMs, within: slowWithin });
  if (isToldNow) tellRunning?.({ ...at, isNext: true, within: stride });
}
