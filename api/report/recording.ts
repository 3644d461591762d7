/** What a report shows of a job, gathered from the events of its observer. Its size does not grow with the job's. */
import type { PlacedReject } from "../../core/coordinator/job/job.ts";
import type { JobEvent, Phase, PlannedWork } from "../../core/coordinator/observer.ts";
import { type TimeCounts, TimeHistogram } from "../../core/protocol/time-histogram.ts";
import { type BatchSpan, BatchSpans } from "./batch-spans.ts";
import type { Period, WorkerLife } from "./chart-data.ts";
import { MemorySamples } from "./memory-samples.ts";
import { type Binned, TimeBins } from "./time-bins.ts";

type BatchBegun = JobEvent & { readonly type: "batchBegun" };
type BatchEnded = JobEvent & { readonly type: "batchEnded" };

export interface Died {
  readonly atMs: number;
  readonly worker: number;
  /** `exit code 3`, `SIGKILL`, and why pmap has killed it. */
  readonly how: string;
}

/** Since a worker has got its first batch. */
interface WorkerBusy {
  readonly firstMs: number;
  /** Since when it has been busy without a pause, up to the end of the last batch. */
  runMs: number;
  lastEndMs: number;
  busyMs: number;
}

export const THROUGHPUT = ["records", "bytes", "busyMs"] as const;
export type Throughput = Binned<(typeof THROUGHPUT)[number]>;

export interface Recorded {
  readonly plan: PlannedWork | undefined;
  readonly phases: readonly Period[];
  readonly waits: readonly Period[];
  readonly workers: readonly WorkerLife[];
  readonly workersStarted: number;
  readonly spans: readonly BatchSpan[];
  readonly throughput: Throughput;
  readonly batchTimes: TimeCounts;
  readonly deaths: readonly Died[];
  readonly deathCount: number;
  /** Batches that a worker has died of, and what it had spent on them: they were run again. */
  readonly diedBatches: number;
  readonly diedMs: number;
  readonly rejects: ReadonlyMap<string, readonly PlacedReject[]>;
}

const MOST_SPANS = 2000;
/** Workers that have a row of their own. */
export const MOST_WORKERS = 100;
const MOST_BINS = 240;
const FIRST_BIN_MS = 10;
const MOST_LOOKS = 240;
const LOOK_EVERY_MS = 100;
const MOST_DEATHS = 50;
const MOST_WAITS = 50;
const MOST_REJECTS_OF_KIND = 3;

export class Recording {
  #plan: PlannedWork | undefined;
  readonly #phases: { name: Phase; fromMs: number }[] = [];
  readonly #waits: Period[] = [];
  #waiting: { readonly reason: string; readonly sinceMs: number } | undefined;
  readonly #workers = new Map<number, WorkerLife>();
  #workersStarted = 0;
  /** By worker, in the order in which it works on them. */
  readonly #open = new Map<number, { readonly begun: BatchBegun; readonly atMs: number }[]>();
  readonly #times = new Map<number, WorkerBusy>();
  readonly #spans = new BatchSpans(MOST_SPANS);
  readonly #bins = new TimeBins(THROUGHPUT, { most: MOST_BINS, firstMs: FIRST_BIN_MS });
  readonly #batchTimes = new TimeHistogram();
  readonly #deaths: Died[] = [];
  #deathCount = 0;
  #diedBatches = 0;
  #diedMs = 0;
  readonly #rejects = new Map<string, PlacedReject[]>();
  readonly memory = new MemorySamples({ most: MOST_LOOKS, everyMs: LOOK_EVERY_MS });

  /** Whether the job has got as far as to have a plan. */
  get isPlanned(): boolean {
    return this.#plan !== undefined;
  }

  /** Processes that are there. */
  pids(): ReadonlyMap<number, number> {
    const there = [...this.#workers.values()].filter(({ toMs }) => toMs === undefined);
    return new Map(there.flatMap(({ worker, pid }) => (pid === undefined ? [] : [[worker, pid] as const])));
  }

  /** @param atMs since the job began */
  observe(event: JobEvent, atMs: number): void {
    switch (event.type) {
      case "planned":
        this.#plan = event.plan;
        break;
      case "phase":
        if (this.#phases.at(-1)?.name !== event.phase) this.#phases.push({ name: event.phase, fromMs: atMs });
        break;
      case "workerSpawned":
        this.#workersStarted++;
        if (this.#workers.size < MOST_WORKERS) {
          const { worker, pid } = event;
          this.#workers.set(worker, { worker, pid, fromMs: atMs, toMs: undefined });
        }
        break;
      case "workerEnded":
        this.#workerEnded(event, atMs);
        break;
      case "batchBegun": {
        const open = this.#open.get(event.worker) ?? [];
        this.#open.set(event.worker, open);
        open.push({ begun: event, atMs });
        if (!this.#times.has(event.worker))
          this.#times.set(event.worker, { firstMs: atMs, runMs: atMs, lastEndMs: atMs, busyMs: 0 });
        break;
      }
      case "batchEnded":
        this.#batchEnded(event, atMs);
        break;
      case "reject": {
        const { reject } = event;
        const ofKind = this.#rejects.get(reject.failure.kind) ?? [];
        this.#rejects.set(reject.failure.kind, ofKind);
        if (ofKind.length < MOST_REJECTS_OF_KIND) ofKind.push(reject);
        break;
      }
      case "waiting":
        this.#waiting = { reason: event.reason, sinceMs: atMs };
        break;
      case "resumed":
        this.#endWait(atMs);
        break;
      default:
        break;
    }
  }

  /** @param endMs when the job has ended */
  recorded(endMs: number): Recorded {
    this.#endWait(endMs);
    return {
      plan: this.#plan,
      phases: this.#phases.map(({ name, fromMs }, i) => ({
        name,
        fromMs,
        toMs: this.#phases[i + 1]?.fromMs ?? endMs,
      })),
      waits: this.#waits,
      workers: [...this.#workers.values()],
      workersStarted: this.#workersStarted,
      spans: this.#spans.all(),
      throughput: this.#bins.binned(),
      batchTimes: this.#batchTimes.counts(),
      deaths: this.#deaths,
      deathCount: this.#deathCount,
      diedBatches: this.#diedBatches,
      diedMs: this.#diedMs,
      rejects: this.#rejects,
    };
  }

  #workerEnded({ worker, exit, expected, reason }: JobEvent & { type: "workerEnded" }, atMs: number): void {
    const life = this.#workers.get(worker);
    if (life !== undefined) life.toMs = atMs;
    if (expected) return;
    this.#deathCount++;
    if (this.#deaths.length >= MOST_DEATHS) return;
    const how = exit.signal ?? (exit.code === null ? "no exit code" : `exit code ${exit.code}`);
    this.#deaths.push({ atMs, worker, how: reason === undefined ? how : `${how}, killed by pmap: ${reason}` });
  }

  #batchEnded({ id, worker, how, counts, bytesIn, busyMs }: BatchEnded, atMs: number): void {
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
    if (!this.#workers.has(worker)) return;
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

  #timeOf(worker: number): WorkerBusy {
    return this.#times.get(worker) as WorkerBusy;
  }

  #endWait(atMs: number): void {
    if (this.#waiting === undefined) return;
    const { reason, sinceMs } = this.#waiting;
    this.#waiting = undefined;
    if (this.#waits.length < MOST_WAITS) this.#waits.push({ name: reason, fromMs: sinceMs, toMs: atMs });
    else this.#waits.push({ ...(this.#waits.pop() as Period), toMs: atMs });
  }
}
