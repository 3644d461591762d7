/**
 * The totals: what has been committed, in input order. It knows how many lines each source has had, so that a record's
 * line is right although workers know offsets only; and it checks that no record was lost.
 */
import { joinPieces, slicePieces } from "../../bytes.ts";
import { InternalError, JobError } from "../../errors.ts";
import type { Done, Failed } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import { MOST_SLOW_RECORDS, type SlowRecord } from "../../protocol/slow-record.ts";
import type { Batch } from "../job/batch.ts";
import { type Job, type PlacedReject, type PlacedSlowRecord, RecordError, type Summary } from "../job/job.ts";
import type { ReachedPlace } from "../observer.ts";
import { hintFor } from "./hint.ts";
import type { JournalEntry } from "./journal-entries.ts";
import { maxErrorsFailure, mostRejects } from "./max-errors.ts";
import { SourceLines } from "./source-lines.ts";

/** A reject in one line. */
function tell({ sourceName, line, failure }: PlacedReject): string {
  const [first = ""] = failure.message.split("\n");
  return `${sourceName}:${line}: ${first}`;
}

/** What a person is shown of a slow record that cannot be read again. */
const HEAD_BYTES = 1024;

/** A copy: the block that it is in is not kept for it. */
function headOf({ block }: Batch, offset: number): Uint8Array | undefined {
  if (block === undefined) return undefined;
  const at = offset - block.start;
  return joinPieces(slicePieces(block.pieces, at, at + HEAD_BYTES)).slice();
}

/** The error for a request that has failed, and no record of it. */
export function plainError({ message, stack, internal }: Failed): Error {
  const text = stack === "" ? message : `${message}\n${stack}`;
  return internal ? new InternalError(text) : new JobError(text);
}

export class Totals {
  readonly #job: Job;
  readonly #lines: SourceLines;
  #told = 0;
  readonly summary: Summary = {
    records: 0,
    emittedFrom: 0,
    filtered: 0,
    rejected: 0,
    rejectsByKind: new Map(),
    firstReject: undefined,
    firstByKind: new Map(),
    counters: new Map(),
    slowest: [],
    workers: 0,
    bytesIn: 0,
    bytesOut: 0,
  };

  constructor(job: Job) {
    this.#job = job;
    this.#lines = new SourceLines(job);
  }

  /** Goes on where a journal says that another run has ended. */
  restore(entry: JournalEntry): void {
    const { summary } = this;
    [summary.records, summary.emittedFrom, summary.filtered, summary.rejected, summary.bytesIn] = entry.counts;
    this.#told = summary.rejected;
    for (const [kind, n] of entry.rejectsByKind) summary.rejectsByKind.set(kind, n);
    for (const [name, n] of entry.counters) summary.counters.set(name, n);
    this.#lines.restore(entry.lines);
  }

  /** The totals' part of a journal line. */
  entry(): Pick<JournalEntry, "counts" | "rejectsByKind" | "counters" | "lines"> {
    const { records, emittedFrom, filtered, rejected, bytesIn, rejectsByKind, counters } = this.summary;
    const lines = this.#lines.entry();
    return {
      counts: [records, emittedFrom, filtered, rejected, bytesIn],
      rejectsByKind: [...rejectsByKind],
      counters: [...counters],
      lines,
    };
  }

  /** Enters a batch's result, and returns its rejects with their places, as far as they are told. */
  enter(batch: Batch, done: Done): PlacedReject[] {
    const { summary } = this;
    const { counts } = done;
    const placed = this.place(batch, done.rejects);
    summary.records += counts.records;
    summary.emittedFrom += counts.emittedFrom;
    summary.filtered += counts.filtered;
    summary.rejected += counts.rejected;
    summary.bytesIn += batch.bytes;
    this.count(done.counters);
    for (const slow of done.slowest ?? []) this.#addSlow(batch, slow);
    this.#lines.enter(batch, done.lines);
    return placed;
  }

  /** Places the next rejects of a batch that has not been entered yet, as far as they are told. */
  place(batch: Batch, rejects: readonly RecordFailure[]): PlacedReject[] {
    const { summary } = this;
    // A job that goes on may have told more than it is allowed now.
    const most = Math.max(0, mostRejects(this.#job.maxErrors) - this.#told);
    const placed = rejects.slice(0, most).map((failure) => this.#place(batch, failure));
    this.#told += placed.length;
    const [first] = placed;
    if (first !== undefined) summary.firstReject ??= tell(first);
    for (const reject of placed) {
      const { kind } = reject.failure;
      summary.rejectsByKind.set(kind, (summary.rejectsByKind.get(kind) ?? 0) + 1);
      if (!summary.firstByKind.has(kind)) summary.firstByKind.set(kind, tell(reject));
    }
    return placed;
  }

  count(counters: Done["counters"]): void {
    const sums = this.summary.counters;
    for (const [name, n] of counters) sums.set(name, (sums.get(name) ?? 0) + n);
  }

  /** The error that ends the job, for a batch that failed. Every batch before it has been entered. */
  errorOf(batch: Batch, failed: Failed): Error {
    if (failed.failure === undefined) return plainError(failed);
    const placed = this.#place(batch, failed.failure);
    const { sourceName, line } = placed;
    const { message, stack } = failed.failure;
    const { input } = this.#job;
    const hint = hintFor(input, sourceName, line, failed.failure);
    const { offset } = failed.failure;
    const where = input.place?.(sourceName, { line, offset }) ?? `${sourceName}:${line}`;
    const text = [`${where}: ${message}`, hint, stack].filter(Boolean).join("\n");
    return new RecordError(text, placed);
  }

  /** @throws {JobError} when there are more rejects than `--max-errors` allows */
  checkMaxErrors(complete: boolean): void {
    const failure = maxErrorsFailure(this.#job.maxErrors, this.summary, complete);
    if (failure !== undefined) throw failure;
  }

  /** Whether `--max-errors` allows what a batch has counted, with all before it. */
  allows({ records, rejected }: Done["counts"]): boolean {
    const { summary } = this;
    const then = { ...summary, records: summary.records + records, rejected: summary.rejected + rejected };
    return maxErrorsFailure(this.#job.maxErrors, then, false) === undefined;
  }

  /** Nothing lost, nothing twice. */
  checkSum(): void {
    const { records, emittedFrom, filtered, rejected } = this.summary;
    if (records === emittedFrom + filtered + rejected) return;
    throw new InternalError(
      `${records} records came in, but ${emittedFrom} were emitted, ${filtered} filtered and ${rejected} rejected`,
    );
  }

  /** Up to where the source of a batch that has been entered is done. */
  reached(batch: Batch): ReachedPlace | undefined {
    const last = batch.segments.at(-1);
    return last && { source: last.source, offset: last.end, lines: this.#lines.of(last.source) };
  }

  #addSlow(batch: Batch, slow: SlowRecord): void {
    const { slowest } = this.summary;
    if (slowest.length === MOST_SLOW_RECORDS && slow.ms <= (slowest.at(-1) as PlacedSlowRecord).ms) return;
    const { source, offset, ms, within } = slow;
    slowest.push({ ...this.#lines.placeOf(batch, slow), offset, ms, within, source, head: headOf(batch, offset) });
    slowest.sort((a, b) => b.ms - a.ms);
    if (slowest.length > MOST_SLOW_RECORDS) slowest.pop();
  }

  #place(batch: Batch, failure: RecordFailure): PlacedReject {
    return { ...this.#lines.placeOf(batch, failure), failure };
  }
}
