/** How what is built on a job fails: the command line throws these, and `endingOf` tells it what a job's own error means. */
import { InternalError, JobError, ReaderGone, UsageError } from "../core/errors.ts";

export { reasonOf } from "../adapters/system/file-errors.ts";
export { Interrupted, JobError, printable, UsageError } from "../core/errors.ts";

/** An output that is there, with nothing left of an interrupted run, is complete. */
export class NothingToResume extends Error {
  override readonly name = "NothingToResume";

  constructor(path: string) {
    super(`"${path}" is complete: there is nothing to resume`);
  }
}

/** What an error means to the one who has started the job. */
export type Ending =
  /** The reader of the output has what it wanted. */
  | { readonly tag: "reader gone" }
  | { readonly tag: "nothing to resume"; readonly message: string }
  /** Nothing was started. */
  | { readonly tag: "usage"; readonly message: string }
  | { readonly tag: "failed"; readonly message: string }
  /** A fault of pmap's own. */
  | { readonly tag: "internal"; readonly message: string };

export function endingOf(error: unknown): Ending {
  if (error instanceof ReaderGone) return { tag: "reader gone" };
  if (error instanceof NothingToResume) return { tag: "nothing to resume", message: error.message };
  if (error instanceof UsageError) return { tag: "usage", message: error.message };
  if (error instanceof JobError) return { tag: "failed", message: error.message };
  if (error instanceof InternalError)
    return { tag: "internal", message: `internal error: ${error.message}\n${error.stack}` };
  return { tag: "internal", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
