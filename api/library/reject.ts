/** A reject as programs see it. */
import type { PlacedReject } from "../../core/coordinator/job/job.ts";
import type { Reject } from "./outcome-types.ts";

export function rejectOf({ sourceName, line, failure }: PlacedReject): Reject {
  const { offset, kind, message, stack, raw, attempts, signal, exitCode } = failure;
  return {
    source: sourceName,
    line,
    offset,
    kind,
    message,
    stack,
    record: raw,
    attempts,
    ...(signal === undefined ? {} : { signal }),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}
