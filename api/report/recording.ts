/** What a report shows of a job, gathered from the events of its observer. Its size does not grow with the job's. */
import type { PlacedReject } from "../../core/coordinator/job/job.ts";
import type { JobEvent, Phase, PlannedWork } from "../../core/coordinator/observer.ts";
import type { Period, WorkerLife } from "./chart-data.ts";
import { ClusterRecording, type RecordedCluster } from "./cluster-recording.ts";
import { MemorySamples } from "./memory-samples.ts";
import { type RecordedTimes, WorkerTimes } from "./worker-times.ts";

export interface Died {
  readonly atMs: number;
  readonly worker: number;
  /** `exit code 3`, `SIGKILL`, and why pmap has killed it. */
  readonly how: string;
}

export interface Recorded extends RecordedTimes {
  readonly plan: PlannedWork | undefined;
  readonly phases: readonly Period[];
  readonly waits: readonly Period[];
  readonly workers: readonly WorkerLife[];
  readonly workersStarted: number;
  readonly deaths: readonly Died[];
  readonly deathCount: number;
  readonly rejects: ReadonlyMap<string, readonly PlacedReject[]>;
  readonly cluster: RecordedCluster;
}

/** Workers that have a row of their own. */
export const MOST_WORKERS = 100;
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
  readonly #times = new WorkerTimes();
  readonly #deaths: Died[] = [];
  #deathCount = 0;
  readonly #rejects = new Map<string, PlacedReject[]>();
  readonly #cluster = new ClusterRecording();
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
    this.#cluster.observe(event, atMs);
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
      case "batchBegun":
        this.#times.begun(event, atMs);
        break;
      case "batchEnded":
        this.#times.ended(event, atMs, this.#workers.has(event.worker));
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
      ...this.#times.recorded(),
      deaths: this.#deaths,
      deathCount: this.#deathCount,
      rejects: this.#rejects,
      cluster: this.#cluster.recorded(),
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

  #endWait(atMs: number): void {
    if (this.#waiting === undefined) return;
    const { reason, sinceMs } = this.#waiting;
    this.#waiting = undefined;
    if (this.#waits.length < MOST_WAITS) this.#waits.push({ name: reason, fromMs: sinceMs, toMs: atMs });
    else this.#waits.push({ ...(this.#waits.pop() as Period), toMs: atMs });
  }
}
