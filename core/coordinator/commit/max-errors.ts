/** `--max-errors`: when there are more rejects than the job allows. */
import { JobError } from "../../errors.ts";
import type { MaxErrors, Summary } from "../job/job.ts";

/**
 * A percentage is of all records. A job is ended before only when it has more rejects than this, and this many times the
 * percentage: how many records have come by then depends on timing, and the job's end must not.
 */
const MIN_REJECTS_FOR_PERCENT = 100;
const HOPELESS = 2;

/** Rejects that are told before the job is ended: with the one that is too many, whatever else its batch holds. */
export function mostRejects(maxErrors: MaxErrors | undefined): number {
  return maxErrors?.unit === "records" ? maxErrors.n + 1 : Number.POSITIVE_INFINITY;
}

/**
 * The error that ends the job, when there are more rejects than allowed.
 * @param complete whether there are no more records
 */
export function maxErrorsFailure(
  maxErrors: MaxErrors | undefined,
  { rejected, records, firstReject }: Pick<Summary, "rejected" | "records" | "firstReject">,
  complete: boolean,
): JobError | undefined {
  if (maxErrors === undefined || rejected === 0) return undefined;
  if (maxErrors.unit === "records")
    return rejected > maxErrors.n
      ? tooMany(`${maxErrors.n + 1}, and --max-errors allows ${maxErrors.n}`, firstReject)
      : undefined;
  if (!complete && rejected <= MIN_REJECTS_FOR_PERCENT) return undefined;
  // Products of whole numbers are exact.
  if (rejected * 100 <= maxErrors.n * records * (complete ? 1 : HOPELESS)) return undefined;
  return tooMany(`${rejected} of ${records} records, and --max-errors allows ${maxErrors.n}%`, firstReject);
}

function tooMany(what: string, firstReject: string | undefined): JobError {
  const first = firstReject === undefined ? "" : `\n  first: ${firstReject}`;
  return new JobError(`Too many rejects: ${what}${first}`, { about: "rejects" });
}
