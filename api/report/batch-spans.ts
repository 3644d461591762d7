/** When each worker was on which batches: of a bounded number, however many batches there are. */

export interface BatchSpan {
  readonly worker: number;
  /** Since the job began. */
  readonly startMs: number;
  readonly endMs: number;
  /** How many batches it stands for, and how long the worker was busy with them. */
  readonly batches: number;
  readonly busyMs: number;
  readonly records: number;
  readonly bytes: number;
  readonly how: "done" | "failed" | "died";
  /** Where the first batch begins. */
  readonly source: number;
  readonly offset: number;
}

export class BatchSpans {
  readonly #most: number;
  readonly #byWorker = new Map<number, BatchSpan[]>();
  #count = 0;
  /** Neighbours that are together no longer than this are one span. */
  #resolutionMs = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Of one worker in the order of their ends. */
  add(span: BatchSpan): void {
    const spans = this.#byWorker.get(span.worker) ?? [];
    this.#byWorker.set(span.worker, spans);
    const last = spans.at(-1);
    // A worker that answers late, or overlaps asynchronous records, seems to begin before it has ended.
    const startMs = Math.min(span.endMs, Math.max(span.startMs, last?.endMs ?? 0));
    const placed = { ...span, startMs };
    if (last !== undefined && this.#fits(last, placed)) spans[spans.length - 1] = joined(last, placed);
    else {
      spans.push(placed);
      this.#count++;
    }
    if (this.#count > 2 * this.#most) this.#coarsen();
  }

  /** By worker, each in the order of time. */
  all(): readonly BatchSpan[] {
    if (this.#count > this.#most) this.#coarsen();
    return [...this.#byWorker].sort(([a], [b]) => a - b).flatMap(([, spans]) => spans);
  }

  #fits(one: BatchSpan, next: BatchSpan): boolean {
    return one.how === next.how && next.endMs - one.startMs <= this.#resolutionMs;
  }

  #coarsen(): void {
    // Workers that die one after the other have a span each at least.
    const least = [...this.#byWorker.values()].reduce((sum, spans) => sum + changes(spans), 0);
    while (this.#count > Math.max(this.#most, least)) {
      this.#resolutionMs = Math.max(0.5, this.#resolutionMs * 2);
      this.#count = 0;
      for (const [worker, spans] of this.#byWorker) {
        const fewer: BatchSpan[] = [];
        for (const span of spans) {
          const last = fewer.at(-1);
          if (last !== undefined && this.#fits(last, span)) fewer[fewer.length - 1] = joined(last, span);
          else fewer.push(span);
        }
        this.#byWorker.set(worker, fewer);
        this.#count += fewer.length;
      }
    }
  }
}

/** How many spans there are when all that may be joined is. */
function changes(spans: readonly BatchSpan[]): number {
  return spans.filter(({ how }, i) => how !== spans[i - 1]?.how).length;
}

function joined(one: BatchSpan, next: BatchSpan): BatchSpan {
  return {
    ...one,
    endMs: next.endMs,
    batches: one.batches + next.batches,
    busyMs: one.busyMs + next.busyMs,
    records: one.records + next.records,
    bytes: one.bytes + next.bytes,
  };
}
