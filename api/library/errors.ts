/** The one error of the library. */
import { RecordError } from "../../core/coordinator/job/job.ts";
import { InternalError, JobError, printable, type Subject, UsageError } from "../../core/errors.ts";
import { NothingToResume } from "../errors.ts";
import type { Reject } from "./outcome-types.ts";
import { rejectOf } from "./reject.ts";

/**
 * What has gone wrong: `PMAP_RECORD` a record (see `record`), `PMAP_REJECTS` more of them than `maxErrors`, `PMAP_SCRIPT` the
 * script cannot be loaded or set up, `PMAP_INPUT` and `PMAP_OUTPUT` what is read or written, `PMAP_USAGE` what was asked for,
 * `PMAP_CANCELLED` by `cancel`, a signal or `break`, `PMAP_QUEUE_FULL` a pool has enough to do, `PMAP_INTERNAL` pmap itself,
 * `PMAP_JOB` anything else.
 */
export type PmapErrorCode =
  | "PMAP_RECORD"
  | "PMAP_REJECTS"
  | "PMAP_SCRIPT"
  | "PMAP_INPUT"
  | "PMAP_OUTPUT"
  | "PMAP_USAGE"
  | "PMAP_CANCELLED"
  | "PMAP_QUEUE_FULL"
  | "PMAP_INTERNAL"
  | "PMAP_JOB";

export interface PmapErrorOptions extends ErrorOptions {
  readonly record?: Reject | undefined;
}

/** A job has failed, or was never started. The message is the one of the command line. */
export class PmapError extends Error {
  override readonly name = "PmapError";
  readonly code: PmapErrorCode;
  /** With PMAP_RECORD: the record that has failed. */
  readonly record: Reject | undefined;

  constructor(code: PmapErrorCode, message: string, { record, ...options }: PmapErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.record = record;
  }
}

const CODES: Readonly<Record<Subject, PmapErrorCode>> = {
  record: "PMAP_RECORD",
  rejects: "PMAP_REJECTS",
  script: "PMAP_SCRIPT",
  input: "PMAP_INPUT",
  output: "PMAP_OUTPUT",
  usage: "PMAP_USAGE",
  job: "PMAP_JOB",
};

/** An error of pmap's as programs see it: options instead of flags. */
export function asPmapError(error: unknown): PmapError {
  if (error instanceof PmapError) return error;
  if (error instanceof RecordError)
    return new PmapError("PMAP_RECORD", inOptions(error.message), {
      record: rejectOf(error.reject),
      cause: error.cause,
    });
  if (error instanceof JobError || error instanceof UsageError)
    return new PmapError(CODES[error.about], inOptions(error.message), { cause: error.cause });
  if (error instanceof NothingToResume) return new PmapError("PMAP_OUTPUT", error.message);
  const message = error instanceof Error ? error.message : String(error);
  const text = error instanceof InternalError ? `internal error: ${message}` : message;
  return new PmapError("PMAP_INTERNAL", text, { cause: error });
}

/** `--on-error skip` is the option `onError`: what a program can set is told by that name. */
function inOptions(message: string): string {
  return printable(message).replaceAll(/--([a-z][a-z-]+)/g, (_, flag: string) =>
    flag.replaceAll(/-([a-z])/g, (__, letter: string) => letter.toUpperCase()),
  );
}
