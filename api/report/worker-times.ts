/** When each worker was busy, and with what, from the batches that it has begun and ended. */
import type { JobEvent } from "../../core/coordinator/observer.ts";
import { type TimeCounts, TimeHistogram } from "../../core/protocol/time-histogram.ts";
import { type BatchSpan, BatchSpans } from "./batch-spans.ts";
import { type Binned, TimeBins } from "./time-bins.ts";

type BatchBegun = JobEvent & { readonly type: "batchBegun" };
type BatchEnded = JobEvent & { readonly type: "batchEnded" };

/** Since a worker has got its first batch. */
interface WorkerBusy {
  readonly firstMs: number;
  /** Since when it has been busy without a pause, up to the end of the last batch. */
  runMs: number;
  lastEndMs: number;
  busyMs: number;
}

const THROUGHPUT = ["records", "bytes", "busyMs"] as const;
type Throughput = Binned<(typeof THROUGHPUT)[number]>;

export interface RecordedTimes {
  readonly spans: readonly BatchSpan[];
  readonly throughput: Throughput;
  readonly batchTimes: TimeCounts;
  /** Batches that a worker has died of, and what it had spent on them: they were run again. */
  readonly diedBatches: number;
  readonly diedMs: number;
}

const MOST_SPANS = 2000;
const MOST_BINS = 240;
const FIRST_BIN_MS = 10;

export class WorkerTimes {
  /** By worker, in the order in which it works on them. */
  readonly #open = new Map<number, { readonly begun: BatchBegun; readonly atMs: number }[]>();
  readonly #times = new Map<number, WorkerBusy>();
  readonly #spans = new BatchSpans(MOST_SPANS);
  readonly #bins = new TimeBins(THROUGHPUT, { most: MOST_BINS, firstMs: FIRST_BIN_MS });
  readonly #batchTimes = new TimeHistogram();
  #diedBatches = 0;
  #diedMs = 0;

  begun(event: BatchBegun, atMs: number): void {
    const open = this.#open.get(event.worker) ?? [];
    this.#open.set(event.worker, open);
    open.push({ begun: event, atMs });
    if (!this.#times.has(event.worker))
      this.#times.set(event.worker, { firstMs: atMs, runMs: atMs, lastEndMs: atMs, busyMs: 0 });
  }

  /** @param hasRow whether the worker's batches are drawn, each */
  ended({ id, worker, how, counts, bytesIn, busyMs }: BatchEnded, atMs: number, hasRow: boolean): void {
    const open = this.#open.get(worker) ?? [];
    const index = open.findIndex(({ begun }) => begun.id === id);
    const [batch] = index === -1 ? [] : open.splice(index, 1);
    if (batch === undefined) return;
    const { begun } = batch;
    const time = this.#timeOf(worker);
    // Of what has told nothing: it may have waited behind others, on which the worker was before.
    const freeMs = Math.max(batch.atMs, time.lastEndMs);
    const startMs = Math.min(atMs, how === "done" ? Math.max(batch.atMs, atMs - busyMs) : freeMs);
    // Asynchronous batches overlap: together they are no longer than the time that has passed.
    const ms = Math.min(atMs - startMs, Math.max(0, atMs - time.firstMs - time.busyMs));
    time.busyMs += ms;
    const isBehind = atMs - ms >= time.lastEndMs;
    // Answers that are heard together were not worked on together: what does not fit behind the last one was before it.
    const beforeMs = isBehind ? 0 : Math.max(0, ms - (atMs - time.lastEndMs));
    const behindMs = ms - beforeMs;
    const runMs = isBehind ? atMs - behindMs : time.runMs - beforeMs;
    if (beforeMs > 0) this.#bins.add(runMs, time.runMs, { records: 0, bytes: 0, busyMs: beforeMs });
    if (behindMs > 0) this.#bins.add(atMs - behindMs, atMs, { records: 0, bytes: 0, busyMs: behindMs });
    time.runMs = runMs;
    time.lastEndMs = atMs;
    if (how === "died") {
      this.#diedBatches++;
      this.#diedMs += ms;
    }
    const { records } = counts;
    if (how === "done") this.#batchTimes.add(busyMs);
    this.#bins.add(startMs, atMs, { records, bytes: bytesIn, busyMs: 0 });
    if (!hasRow) return;
    const [segment] = begun.segments;
    this.#spans.add({
      worker,
      startMs,
      endMs: atMs,
      batches: 1,
      busyMs: ms,
      records,
      bytes: bytesIn,
      how,
      source: segment?.source ?? 0,
      offset: segment?.first ?? segment?.start ?? 0,
    });
  }

  recorded(): RecordedTimes {
    return {
      spans: this.#spans.all(),
      throughput: this.#bins.binned(),
      batchTimes: this.#batchTimes.counts(),
      diedBatches: this.#diedBatches,
      diedMs: this.#diedMs,
    };
  }

  #timeOf(worker: number): WorkerBusy {
    return this.#times.get(worker) as WorkerBusy;
  }
}
