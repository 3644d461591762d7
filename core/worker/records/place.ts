/** Where a run is in its input. */
import type { Cursor } from "../../formats/cursor.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";

/** A cursor, and what its offsets and lines are counted in. */
export interface ChunkPlace {
  readonly cursor: Cursor;
  readonly source: number;
  readonly sourceName: string;
  /** Lines of the source before the cursor's first one. */
  readonly linesBefore: number;
  /** The batch's segment that it is in. */
  readonly segment: number;
}

/** In front of a record: where a batch ends that leaves it to others. */
export interface PlaceBetween {
  readonly segment: number;
  readonly at: number;
  /** Lines of the source before it. */
  readonly lines: number;
}

/** Lines of the source before the record at the cursor. */
export function linesBeforeRecord({ cursor, linesBefore }: ChunkPlace): number {
  return linesBefore + (cursor.lineEndsBefore?.() ?? cursor.line() - 1);
}

/** One record's place, as it is told. */
export type RecordPlace = Pick<RecordFailure, "source" | "offset" | "line" | "raw" | "origin" | "dialect">;

/** The place of the record at the cursor, which moves on. */
export function recordPlace({ cursor, source, linesBefore }: ChunkPlace): RecordPlace {
  const origin = cursor.origin?.();
  return {
    source,
    offset: origin?.offset ?? cursor.offset(),
    line: linesBefore + cursor.line(),
    raw: cursor.raw(),
    origin,
    dialect: cursor.dialect,
  };
}
