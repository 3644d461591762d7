/** From what was thrown to a record's failure: what happened, where, and whose fault it is. */

import { describeError, InternalError, isErrorLike, JobError, userStack } from "../../errors.ts";
import { KeyError } from "../../protocol/group-keys.ts";
import type { FailureKind, RecordFailure } from "../../protocol/record-failure.ts";
import type { RecordPlace } from "./place.ts";
import type { Verb } from "./returned-value.ts";

/** Carries the verb out of a place where the thrown value alone would not tell it. */
export class VerbError extends Error {
  readonly verb: Verb;
  /** Whether values of the record have been reduced, and cannot be taken back. */
  readonly isHalfReduced: boolean;

  constructor(verb: Verb, cause: unknown, isHalfReduced = false) {
    super(verb, { cause });
    this.verb = verb;
    this.isHalfReduced = isHalfReduced;
  }
}

const FAILURE_KINDS: Readonly<Record<string, FailureKind>> = { parse: "parse", print: "output", timeout: "timeout" };

export interface FailedRecord {
  readonly place: RecordPlace;
  readonly attempts: number;
}

/**
 * @param outerVerb what was being done, unless the thrown value knows better
 * @throws {InternalError | JobError} which are no record's failure
 */
export function recordFailure(
  { place, attempts }: FailedRecord,
  thrown: unknown,
  outerVerb: Verb,
  isOwnFrame: (line: string) => boolean,
): RecordFailure {
  const error = thrown instanceof VerbError ? thrown.cause : thrown;
  if (error instanceof InternalError || error instanceof JobError) throw error;
  const verb = thrown instanceof VerbError ? thrown.verb : outerVerb;
  const ours = verb === "parse" || verb === "print";
  return {
    ...place,
    kind: FAILURE_KINDS[verb] ?? "throw",
    message: failureMessage(verb, error) + (attempts > 1 ? ` (the last of ${attempts} attempts)` : ""),
    // A key is refused by us, when the function that made it has returned.
    stack: ours || error instanceof KeyError ? "" : userStack(error, isOwnFrame),
    attempts,
  };
}

function failureMessage(verb: Verb, error: unknown): string {
  if (verb === "parse") return `Cannot parse the record: ${(error as Error).message}`;
  if (verb === "print") return `Cannot print the value: ${reasonOf(error)}`;
  if (verb === "timeout") return `map took longer than ${error} ms`;
  return error instanceof KeyError ? error.message : `${verb} threw ${describeError(error)}`;
}

/** Why a value cannot be printed: its toJSON or getter may throw anything. */
export function reasonOf(error: unknown): string {
  try {
    if (isErrorLike(error)) return error.message.split("\n")[0] ?? "";
  } catch {
    // It is described as what cannot be looked at.
  }
  return `it threw ${describeError(error)}`;
}
