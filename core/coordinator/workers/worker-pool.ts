/**
 * The pool: as many workers as there are cores, each loaded with the script, replaced when they die.
 *
 * It hands out workers that have room for another request; what is done with them is not its business.
 */

import type { ScriptFacts, ScriptSource } from "../../script/types.ts";
import { LeavingWorkers } from "./leaving-workers.ts";
import { ScriptStart, type WorkerPoolSettings } from "./script-start.ts";
import { StartGate } from "./start-gate.ts";
import type { WorkerEvents } from "./worker-events.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import { WorkerQueue } from "./worker-queue.ts";
import { type ReportListeners, WorkerReports } from "./worker-reports.ts";
import { WorkerRoster } from "./worker-roster.ts";
import { type PoolPhase, type SpawnOptions, WorkerSpawner } from "./worker-spawner.ts";

export interface WorkerPoolOptions extends ReportListeners, SpawnOptions {
  readonly script: ScriptSource;
  /** What the script is, where that is known before a worker has loaded it. */
  readonly facts?: ScriptFacts | undefined;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #script: ScriptStart;
  readonly #spawner: WorkerSpawner;
  readonly #workers = new WorkerRoster();
  readonly #queue = new WorkerQueue(this.#workers.in("ready"));
  #gate: StartGate | undefined;
  #phase: PoolPhase = "running";
  #fail: (error: Error) => void = () => {};
  /** What workers have told beside their answers. */
  readonly told: WorkerReports;
  /** Those that have been told to stop, and what they said. */
  readonly left: LeavingWorkers;
  /** What the script is, from the first worker that has loaded it. Rejects when it cannot be used. */
  readonly facts: Promise<ScriptFacts>;
  /** Never resolves; rejects when the pool cannot go on. */
  readonly failed: Promise<never>;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.told = new WorkerReports({
      ...options,
      goesOn: () => this.#script.settings?.onError === "skip",
      onFailure: (error) => this.#fail(error),
    });
    this.#script = new ScriptStart({
      script: options.script,
      facts: options.facts,
      onReady: (handle) => {
        if (this.#workers.move(handle, "coming", "ready")) this.#queue.serve();
      },
      onStarted: () => this.#spawner.hasStarted(),
      onBroken: (error) => this.#fail(error),
      isClosing: () => this.#phase === "closing",
    });
    this.left = new LeavingWorkers(options.after, this.#script);
    this.#spawner = new WorkerSpawner({
      ...options,
      workers: this.#workers,
      phase: () => this.#phase,
      isLeaving: (handle) => this.left.has(handle),
      eventsOf: (worker, handle) => this.#eventsOf(worker, handle),
      onSpawned: (handle) => void this.#script.load(handle),
      onGone: (handle, expected) => this.#gone(handle, expected),
      onFailure: (error) => this.#fail(error),
    });
    this.facts = Promise.race([this.#script.facts, this.failed]);
    // They are awaited where they are needed; a job that ends before must not die of an unhandled rejection.
    this.facts.catch(() => {});
  }

  get size(): number {
    return this.#spawner.size;
  }

  get spawned(): number {
    return this.#spawner.spawned;
  }

  /** Whether every worker there may be is there and has something to do. */
  get saturated(): boolean {
    return this.#workers.saturated;
  }

  /** Every worker there is, for the watchdog. */
  handles(): readonly WorkerHandle[] {
    return this.#workers.all();
  }

  /** Has this many workers from now on. */
  grow(size: number): void {
    this.#spawner.grow(size);
  }

  /** Workers that have loaded the script may start: the settings are known. */
  begin(settings: WorkerPoolSettings): void {
    if (settings.startLimits !== undefined) this.#gate = new StartGate({ ...this.#options, ...settings.startLimits });
    this.#script.begin(settings, this.#workers.in("coming"), () => this.#workers.in("ready").size === 0);
  }

  /**
   * A worker with fewer than `depth()` requests; the least loaded one.
   * @param again for what a worker has died of: it comes before what is new, in the order of asking
   */
  available(depth: () => number, again = false): Promise<WorkerHandle> {
    if (this.#phase === "dismissed") {
      this.#phase = "running";
      this.#spawner.fill();
    }
    return this.#queue.available(depth, again);
  }

  /**
   * Lets every worker finish (teardown included).
   * @param graceMs where the job is given up: `ctx.signal` says so, and what has not gone after so long is killed
   * @throws {JobError} without `graceMs`, when the pool has failed or fails: a teardown may then never end; give the job up
   */
  async stop(graceMs?: number): Promise<void> {
    this.#phase = "closing";
    this.left.tellAll(this.#workers, graceMs === undefined ? "in order" : "in a hurry");
    if (graceMs === undefined) return Promise.race([this.failed, this.left.gone()]);
    const cancel = this.#options.after(graceMs, () => this.kill());
    await this.left.gone();
    cancel();
  }

  /**
   * Lets every worker finish, as nothing is left to do. If one is asked for after all (a worker has died with output that it
   * kept), another is started.
   */
  dismiss(): void {
    if (this.#phase !== "running" || this.#queue.isWaitedFor || !this.#workers.idle) return;
    this.#phase = "dismissed";
    this.left.tellAll(this.#workers, "in order");
    this.#workers.retireAll();
  }

  /** Counts a worker's records; one that has had enough gets no more, and goes when it is idle. */
  recycle(handle: WorkerHandle, records: number, most: number): void {
    handle.records += records;
    if (handle.records < most || !this.#workers.move(handle, "ready", "retiring")) return;
    this.left.tellIdle(this.#workers.in("retiring"));
    this.#spawner.fill();
  }

  kill(): void {
    this.#phase = "closing";
    for (const handle of this.handles()) handle.kill();
  }

  #eventsOf(worker: number, handle: () => WorkerHandle): Partial<WorkerEvents> {
    return {
      ...this.told.eventsOf(worker),
      answered: () => {
        this.left.tellIdle(this.#workers.in("retiring"));
        this.#queue.serve();
      },
      asks: (starts, ended, batch) => this.#gate?.ask(handle(), starts, ended, batch),
    };
  }

  #gone(handle: WorkerHandle, expected: boolean): void {
    this.#script.forget(handle);
    this.#gate?.forget(handle);
    if (!expected) this.left.cpuMs = Number.NaN;
  }
}
