/** Where one of the slowest records is. */
import type { PlacedSlowRecord } from "../../api/execution.ts";

/** `in.jsonl:1204`; `in.jsonl:93-124` where it is one of several that were timed together. */
export function slowPlace({
  sourceName,
  line,
  within,
}: Pick<PlacedSlowRecord, "sourceName" | "line" | "within">): string {
  return within > 1 ? `${sourceName}:${Math.max(1, line - within + 1)}-${line}` : `${sourceName}:${line}`;
}
