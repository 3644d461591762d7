/** What can go wrong with a record, in the form in which it travels from a worker to the user. */

import type { Origin } from "../formats/cursor.ts";
import type { Dialect } from "../formats/format.ts";

export type FailureKind = "throw" | "parse" | "output" | "too-long" | "timeout" | "exit" | "signal" | "memory";

/** A record that failed. Under `--on-error skip` it is a reject, under `fail` the end of the job. */
export interface RecordFailure {
  readonly kind: FailureKind;
  /** A sentence without its place: `map threw TypeError: x is undefined`. */
  readonly message: string;
  /** The user's own frames, most recent first; empty when there are none. */
  readonly stack: string;
  /** Number of the source in the job's list. */
  readonly source: number;
  /** Byte offset in the source. */
  readonly offset: number;
  /** Line of the record, from 1, counted from the start of its segment; the coordinator knows the lines before it. */
  readonly line: number;
  /** Its place in the source that it first came from, with `--from rejects`. */
  readonly origin?: Origin | undefined;
  /** The record as it stood in the input, whether that is base64 because it was not text, and whether it is only the beginning. */
  readonly raw: string;
  readonly base64?: boolean;
  readonly cut?: boolean | undefined;
  /** Of a record of CSV: how its source is written. */
  readonly dialect?: Dialect | undefined;
  /** Its file is damaged, as the message says. */
  readonly damaged?: true;
  /** How often the record was tried: more than once where it took its worker down, and with `--retry-throws`. */
  readonly attempts: number;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
}

/** Of a record that is too long, its beginning is kept. */
export const RAW_BYTES_OF_LONG_RECORD = 1024;

/** So many bytes without an end are a record that is too long: its beginning is there then, however the input is cut. */
export function mostWithoutEnd(maxRecordBytes: number): number {
  return Math.max(maxRecordBytes, RAW_BYTES_OF_LONG_RECORD);
}

/** Beyond this number of characters only the beginning of a reject's record is kept: it travels in the head of a frame. */
const MAX_RAW_CHARACTERS = 8 * 1024 * 1024;

const CUT_RAW_CHARACTERS = 1024;

/** The same failure, with a record of bounded length. */
export function withBoundedRecord(failure: RecordFailure): RecordFailure {
  if (failure.raw.length <= MAX_RAW_CHARACTERS) return failure;
  return { ...failure, raw: failure.raw.slice(0, CUT_RAW_CHARACTERS), cut: true };
}
