/** How many lines of each source have been committed: workers know offsets, and lines of their batches only. */
import type { SlowRecordPlace } from "../../protocol/slow-record.ts";
import type { Batch } from "../job/batch.ts";
import type { Job, PlacedReject } from "../job/job.ts";

export class SourceLines {
  readonly #job: Pick<Job, "sources" | "input">;
  readonly #lines = new Map<number, number>();

  constructor(job: Pick<Job, "sources" | "input">) {
    this.#job = job;
  }

  /** Lines of a source, so far. */
  of(source: number): number {
    return this.#lines.get(source) ?? 0;
  }

  /** Enters a batch, by the lines of each of its segments. */
  enter(batch: Batch, lines: readonly number[]): void {
    batch.segments.forEach(({ source, start, headerLines = 0 }, i) => {
      const from = this.#job.sources[source];
      // What is before this batch need not be known longer.
      if (from?.kind === "stream") from.lineAt?.(start);
      this.#lines.set(source, this.of(source) + headerLines + (lines[i] ?? 0));
    });
  }

  /** For a journal: only the source that is being read, and those after it, can still get lines. */
  entry(): readonly (readonly [source: number, lines: number])[] {
    return [...this.#lines].slice(-1);
  }

  restore(entry: readonly (readonly [source: number, lines: number])[]): void {
    for (const [source, lines] of entry) this.#lines.set(source, lines);
  }

  /** A record's place as a person sees it, of a batch that has not been entered yet. */
  placeOf(batch: Batch, failure: SlowRecordPlace): Pick<PlacedReject, "sourceName" | "line"> {
    const { origin } = failure;
    if (origin !== undefined) return { sourceName: origin.source, line: origin.line };
    const { input } = this.#job;
    const isCounted = input.cut === "units";
    const sourceName = isCounted ? input.sourceName : (this.#job.sources[failure.source]?.name ?? "-");
    const first = batch.segments.find(({ source }) => source === failure.source);
    const source = this.#job.sources[failure.source];
    if (source?.kind === "stream" && source.lineAt !== undefined)
      return { sourceName, line: source.lineAt(failure.offset) };
    // Of what is counted the offset is the position itself.
    const line =
      first === undefined || isCounted
        ? failure.offset + 1
        : this.of(failure.source) + (first.headerLines ?? 0) + failure.line;
    return { sourceName, line };
  }
}
