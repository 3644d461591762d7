/** What the answers to the parts of a task are together, as one answer to all of it. */
import type { BatchCounts, Done, Failed, Segment, SortedRun } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import { addSlowRecord, type SlowRecord } from "../../protocol/slow-record.ts";
import type { StreamSource } from "../job/source.ts";
import type { DoneOutcome } from "../workers/reply.ts";

/** Characters of rejects that an answer takes along in its head; more go ahead of it. */
const MOST_CHARACTERS = 256 * 1024;

export class TaskTotals {
  readonly #id: number;
  readonly #segments: readonly Segment[];
  readonly #counts: BatchCounts = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };
  #rejects: RecordFailure[] = [];
  #characters = 0;
  /** By source: a task has one segment of each. */
  readonly #lines = new Map<number, number>();
  readonly #counters = new Map<string, number>();
  readonly #runs: SortedRun[] = [];
  readonly #slowest: SlowRecord[] = [];
  #lineAt: StreamSource["lineAt"];
  #bytes = 0;
  #busyMs = 0;
  #asynchronous = false;
  #columns: readonly string[] | undefined;
  #warning: string | undefined;

  /** @param segments of the task */
  constructor(id: number, segments: readonly Segment[]) {
    this.#id = id;
    this.#segments = segments;
  }

  /** Where line feeds do not tell lines: asked in input order. */
  readLinesBy(lineAt: StreamSource["lineAt"]): void {
    this.#lineAt = lineAt;
  }

  /** Adds the next part of the task, in input order. */
  add(segments: readonly Segment[], { done }: Pick<DoneOutcome, "done">): void {
    for (const name of ["records", "emittedFrom", "filtered", "rejected"] as const)
      this.#counts[name] += done.counts[name];
    for (const reject of done.rejects) {
      this.#rejects.push(this.#placed(reject));
      this.#characters += reject.raw.length + reject.message.length + reject.stack.length;
    }
    for (const slow of done.slowest ?? []) addSlowRecord(this.#slowest, this.#placed(slow));
    this.count(done.counters);
    this.#runs.push(...done.runs);
    this.#bytes += done.bytes;
    this.#busyMs += done.busyMs;
    this.#asynchronous ||= done.asynchronous;
    this.#columns ??= done.columns;
    this.warn(done.warning);
    segments.forEach(({ source }, i) => {
      this.#lines.set(source, this.#linesOf(source) + (done.lines[i] ?? 0));
    });
    // What is before its end need not be known longer.
    const end = segments.at(-1)?.end;
    if (end !== undefined) this.#lineAt?.(end);
  }

  /** Adds what a worker has counted before its first record and behind its last. */
  count(counters: Iterable<readonly [name: string, n: number]>): void {
    for (const [name, n] of counters) this.#counters.set(name, (this.#counters.get(name) ?? 0) + n);
  }

  /** An answer has one warning: the first. */
  warn(message: string | undefined): void {
    this.#warning ??= message;
  }

  /** The failure of a part, as one of the task. */
  failedOf(failed: Failed): Failed {
    const { failure } = failed;
    return { ...failed, id: this.#id, failure: failure && this.#placed(failure) };
  }

  get rejected(): number {
    return this.#counts.rejected;
  }

  /** Rejects that have to go ahead of the answer, if it would be too long with them. */
  takeRejects(): readonly RecordFailure[] {
    if (this.#characters <= MOST_CHARACTERS) return [];
    const taken = this.#rejects;
    this.#rejects = [];
    this.#characters = 0;
    return taken;
  }

  get runs(): readonly SortedRun[] {
    return this.#runs;
  }

  /** The answer; nodes and runs are the caller's to add. */
  done(): Done {
    return {
      type: "done",
      id: this.#id,
      counts: this.#counts,
      rejects: this.#rejects,
      lines: this.#segments.map(({ source }) => this.#linesOf(source)),
      counters: [...this.#counters],
      bytes: this.#bytes,
      kept: false,
      nodes: [],
      runs: [],
      asynchronous: this.#asynchronous,
      columns: this.#columns,
      slowest: this.#slowest,
      warning: this.#warning,
      busyMs: this.#busyMs,
    };
  }

  #linesOf(source: number): number {
    return this.#lines.get(source) ?? 0;
  }

  /** Lines count from the start of the task's segment, not from that of a part of it. */
  #placed<T extends { readonly source: number; readonly offset: number; readonly line: number }>(place: T): T {
    return { ...place, line: this.#lineAt?.(place.offset) ?? place.line + this.#linesOf(place.source) };
  }
}
