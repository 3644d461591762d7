/** A stage's answer to a task that has failed, and no record of it. */
import { InternalError, UsageError } from "../../errors.ts";
import { NO_COUNTS } from "../workers/reply.ts";
import type { StageFailed } from "./messages.ts";

export function failedWith(error: unknown): StageFailed {
  const { message } = error as Error;
  const internal = error instanceof InternalError;
  const isUsage = error instanceof UsageError ? true : undefined;
  return { type: "failed", id: 0, failure: undefined, counts: NO_COUNTS, message, stack: "", internal, isUsage };
}
