/** How far a job is, made from the events of its observer. */
import type { JobEvent, Phase, PlannedWork, ReachedPlace } from "../../api/execution.ts";
import { ClusterModel, type ClusterSnapshot } from "./cluster-model.ts";
import { RateWindow } from "./rate-window.ts";
import { type BatchBegun, type OpenBatch, placeOf } from "./running-place.ts";

export interface RunningPlace {
  readonly worker: number;
  /** `in.jsonl:1204`; with a `+` when it may be one of the records right behind. */
  readonly place: string;
  readonly ms: number;
}

/** How far a job is at one moment. */
export interface Snapshot {
  readonly phase: Phase;
  readonly plan: PlannedWork | undefined;
  readonly elapsedMs: number;
  readonly records: number;
  readonly emittedFrom: number;
  readonly filtered: number;
  readonly rejected: number;
  /** Bytes of input, or numbers of a range. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** 0 to 1; undefined where the end is not known. */
  readonly share: number | undefined;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly etaMs: number | undefined;
  readonly workers: number;
  /** Workers that had something to do, on average over the last seconds. */
  readonly busy: number;
  readonly deaths: number;
  readonly pids: readonly number[];
  /** Why nothing new is given out. */
  readonly waiting: string | undefined;
  /** Undefined where workers of this machine run the job. */
  readonly cluster: ClusterSnapshot | undefined;
  /** What each worker is on, the longest first; of a cluster it is not known. */
  readonly running: readonly RunningPlace[];
}

export class JobModel {
  readonly #beganMs: number;
  #phase: Phase = "starting";
  #plan: PlannedWork | undefined;
  readonly #sum = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0, bytesIn: 0, bytesOut: 0 };
  readonly #workers = new Map<number, number | undefined>();
  /** By worker, in the order in which it works on them. */
  readonly #open = new Map<number, OpenBatch[]>();
  readonly #reached = new Map<number, ReachedPlace>();
  readonly #rates: RateWindow;
  #deaths = 0;
  #waiting: string | undefined;
  #cluster: ClusterModel | undefined;

  constructor(nowMs: number) {
    this.#beganMs = nowMs;
    this.#rates = new RateWindow(nowMs);
  }

  /** @param nowMs when it happened */
  observe(event: JobEvent, nowMs: number): void {
    this.#cluster?.observe(event);
    switch (event.type) {
      case "planned":
        this.#plan = event.plan;
        if (event.plan.cores === undefined) this.#cluster = new ClusterModel();
        this.#sum.records += event.plan.done.records;
        this.#sum.bytesIn += event.plan.done.bytesIn;
        this.#rates.begin(nowMs, this.#sum);
        break;
      case "phase":
        this.#phase = event.phase;
        break;
      case "workerSpawned":
        this.#workers.set(event.worker, event.pid);
        break;
      case "workerEnded":
        this.#workers.delete(event.worker);
        if (!event.expected) this.#deaths++;
        break;
      case "batchBegun":
        this.#begin(event, nowMs);
        break;
      case "batchEnded":
        this.#end(event.worker, event.id, nowMs);
        break;
      case "recordRunning": {
        const batch = this.#open.get(event.worker)?.find(({ begun }) => begun.id === event.id);
        if (batch === undefined) break;
        batch.running = event.at;
        batch.sinceMs = nowMs;
        break;
      }
      case "committed":
        for (const part of SUMMED) this.#sum[part] += event[part];
        if (event.reached !== undefined) this.#reached.set(event.reached.source, event.reached);
        break;
      case "waiting":
        this.#waiting = event.reason;
        break;
      case "resumed":
        this.#waiting = undefined;
        break;
      default:
        break;
    }
  }

  snapshot(nowMs: number): Snapshot {
    const rates = this.#rates.look(nowMs, this.#sum);
    const left = this.#left();
    const perSecond = left?.unit === "records" ? rates.recordsPerSecond : rates.bytesPerSecond;
    return {
      ...this.#sum,
      ...rates,
      phase: this.#phase,
      plan: this.#plan,
      elapsedMs: nowMs - this.#beganMs,
      share: left === undefined ? undefined : Math.min(1, left.done / Math.max(1, left.total)),
      etaMs: left === undefined || perSecond <= 0 ? undefined : ((left.total - left.done) / perSecond) * 1000,
      workers: this.#workers.size,
      deaths: this.#deaths,
      pids: [...this.#workers.values()].filter((pid) => pid !== undefined),
      waiting: this.#waiting,
      cluster: this.#cluster?.snapshot(),
      running: this.#running(nowMs),
    };
  }

  #begin(begun: BatchBegun, nowMs: number): void {
    const batches = this.#open.get(begun.worker) ?? [];
    this.#open.set(begun.worker, batches);
    batches.push({ begun, running: undefined, sinceMs: nowMs });
    if (batches.length === 1) this.#rates.busy(1, nowMs);
  }

  #end(worker: number, id: number, nowMs: number): void {
    const batches = this.#open.get(worker) ?? [];
    const index = batches.findIndex(({ begun }) => begun.id === id);
    if (index === -1) return;
    batches.splice(index, 1);
    const [next] = batches;
    if (next === undefined) this.#rates.busy(-1, nowMs);
    else if (index === 0) next.sinceMs = nowMs;
  }

  /** What the share is of: records where their number is limited, else the input, where its length is known. */
  #left(): { readonly unit: "records" | "input"; readonly done: number; readonly total: number } | undefined {
    if (this.#plan === undefined) return undefined;
    const { limit, total } = this.#plan;
    if (limit !== undefined) return { unit: "records", done: this.#sum.records, total: limit };
    return total === undefined ? undefined : { unit: "input", done: this.#sum.bytesIn, total };
  }

  #running(nowMs: number): RunningPlace[] {
    const plan = this.#plan;
    if (plan === undefined || this.#cluster !== undefined) return [];
    return [...this.#open]
      .flatMap(([worker, [batch]]) =>
        batch === undefined
          ? []
          : [{ worker, place: placeOf(batch, plan, this.#reached), ms: Math.max(0, nowMs - batch.sinceMs) }],
      )
      .sort((a, b) => b.ms - a.ms);
  }
}

const SUMMED = ["records", "emittedFrom", "filtered", "rejected", "bytesIn", "bytesOut"] as const;
