/** Where the record is that a worker is on. */
import type { JobEvent, PlannedWork, ReachedPlace, RunningRecord } from "../../api/execution.ts";

export type BatchBegun = JobEvent & { readonly type: "batchBegun" };

/** A batch that a worker has. */
export interface OpenBatch {
  readonly begun: BatchBegun;
  /** What its worker has told last, and when the record began, in milliseconds. */
  running: RunningRecord | undefined;
  sinceMs: number;
}

/**
 * `in.jsonl:1204`, or `in.jsonl, byte 99120` while the lines before are not all known.
 * @param reached what has been committed of each source
 */
export function placeOf(
  { begun, running }: OpenBatch,
  plan: PlannedWork,
  reached: ReadonlyMap<number, ReachedPlace>,
): string {
  const source = running?.source ?? begun.segments[0]?.source ?? 0;
  const segment = begun.segments.find((each) => each.source === source);
  const name = plan.sources[source]?.name ?? "-";
  const offset = running?.offset ?? segment?.first ?? segment?.start ?? 0;
  const isNext = running?.isNext === true;
  if (plan.unit === "numbers") return `${name}:${offset + (isNext ? 2 : 1)}${moreBehind(running?.within)}`;
  const before = reached.get(source) ?? { offset: segment?.headerLines === undefined ? 0 : segment.start, lines: 0 };
  if (segment === undefined || segment.start !== before.offset) {
    return `${name}, ${isNext ? "behind byte" : "byte"} ${offset.toLocaleString("en-US")}`;
  }
  const inBatch = running === undefined ? 1 : running.line + (isNext ? 1 : 0);
  return `${name}:${before.lines + (segment.headerLines ?? 0) + inBatch}${moreBehind(running?.within)}`;
}

/** Quick records are not told one by one. */
function moreBehind(within: number | undefined): string {
  return within !== undefined && within > 1 ? "+" : "";
}
