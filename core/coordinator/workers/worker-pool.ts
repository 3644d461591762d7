/**
 * The pool: as many workers as there are cores, each loaded with the script, replaced when they die.
 *
 * It hands out workers that have room for another request; what is done with them is not its business.
 */

import { JobError } from "../../errors.ts";
import type { Exit, WorkerLink } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { CpuProfile } from "../../protocol/call-tree.ts";
import type { StopHow } from "../../protocol/messages.ts";
import type { WorkerStats } from "../../protocol/worker-stats.ts";
import type { ScriptFacts, ScriptSource } from "../../script/types.ts";
import type { Observer } from "../observer.ts";
import { LeavingWorkers } from "./leaving-workers.ts";
import { ScriptStart, type WorkerPoolSettings } from "./script-start.ts";
import { StartAttempts } from "./start-attempts.ts";
import { StartGate } from "./start-gate.ts";
import { type WorkerEvents, WorkerHandle } from "./worker-handle.ts";
import { WorkerQueue } from "./worker-queue.ts";

export interface WorkerPoolOptions {
  readonly spawn: (worker: number) => WorkerLink;
  /** The number of the first worker: 0 where it is not said. */
  readonly firstWorker?: number;
  readonly script: ScriptSource;
  /** What the script is, where that is known before a worker has loaded it. */
  readonly facts?: ScriptFacts | undefined;
  readonly text: TextCodec;
  readonly now: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly onWarning?: (message: string) => void;
  /** Hears where workers' time in the script went, where the settings say that they profile. */
  readonly onProfile?: ((profile: CpuProfile) => void) | undefined;
  readonly observer?: Observer | undefined;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #script: ScriptStart;
  #size = 0;
  #spawned = 0;
  readonly #starts = new StartAttempts();
  #gate: StartGate | undefined;
  /** Workers that can take requests. */
  readonly #ready = new Set<WorkerHandle>();
  /** Workers on their way: spawned, loading, waiting for settings. */
  readonly #coming = new Set<WorkerHandle>();
  /** Workers that get no more requests, but still have some, or output to write. */
  readonly #retiring = new Set<WorkerHandle>();
  readonly #queue = new WorkerQueue(this.#ready);
  /** Those that have been told to stop, and what they said. */
  readonly left: LeavingWorkers;
  #closing = false;
  /** The workers have left, and new ones are started only when one is asked for. */
  #dismissed = false;
  #fail: (error: Error) => void = () => {};
  /** What the script is, from the first worker that has loaded it. Rejects when it cannot be used. */
  readonly facts: Promise<ScriptFacts>;
  /** Never resolves; rejects when the pool cannot go on. */
  readonly failed: Promise<never>;
  /** By worker, where they measure themselves; of one that died, what it told last. */
  readonly stats = new Map<number, WorkerStats>();
  /** The first failure that no record can be blamed for; it may come after the last record. */
  strayFailure: JobError | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.left = new LeavingWorkers(options.after);
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#script = new ScriptStart({
      script: options.script,
      facts: options.facts,
      onReady: (handle) => this.#makeReady(handle),
      onStarted: () => this.#starts.succeeded(),
      onBroken: (error) => this.#fail(error),
      isClosing: () => this.#closing,
    });
    this.facts = Promise.race([this.#script.facts, this.failed]);
    // They are awaited where they are needed; a job that ends before must not die of an unhandled rejection.
    this.facts.catch(() => {});
  }

  get size(): number {
    return this.#size;
  }

  get spawned(): number {
    return this.#spawned;
  }

  /** Whether every worker there may be is there and has something to do. */
  get saturated(): boolean {
    if (this.#coming.size > 0) return false;
    for (const handle of this.#ready) if (handle.load === 0 || !handle.loaded) return false;
    return true;
  }

  /** Every worker there is, for the watchdog. */
  handles(): readonly WorkerHandle[] {
    return [...this.#coming, ...this.#ready, ...this.#retiring];
  }

  /** Has this many workers from now on. */
  grow(size: number): void {
    this.#size = Math.max(this.#size, size);
    this.#fill();
  }

  /** Workers that have loaded the script may start: the settings are known. */
  begin(settings: WorkerPoolSettings): void {
    if (settings.startLimits !== undefined) this.#gate = new StartGate({ ...this.#options, ...settings.startLimits });
    this.#script.begin(settings, this.#coming, () => this.#ready.size === 0);
  }

  /**
   * A worker with fewer than `depth()` requests; the least loaded one.
   * @param again for what a worker has died of: it comes before what is new, in the order of asking
   */
  available(depth: () => number, again = false): Promise<WorkerHandle> {
    if (this.#dismissed) {
      this.#dismissed = false;
      this.#fill();
    }
    return this.#queue.available(depth, again);
  }

  /**
   * Lets every worker finish (teardown included).
   * @param graceMs where the job is given up: `ctx.signal` says so, and what has not gone after so long is killed
   */
  async stop(graceMs?: number): Promise<void> {
    this.#closing = true;
    const cancel = graceMs === undefined ? () => {} : this.#options.after(graceMs, () => this.kill());
    this.#tellAll(graceMs === undefined ? "in order" : "in a hurry");
    await this.left.gone();
    cancel();
  }

  /**
   * Lets every worker finish, as nothing is left to do. If one is asked for after all (a worker has died with output that it
   * kept), another is started.
   */
  dismiss(): void {
    if (this.#closing || this.#queue.isWaitedFor) return;
    this.#dismissed = true;
    this.#tellAll("in order");
    for (const handle of this.handles()) this.#retiring.add(handle);
    this.#ready.clear();
    this.#coming.clear();
  }

  #tellAll(how: StopHow): void {
    for (const handle of this.handles()) {
      const isStarted = handle.loaded && (!this.#coming.has(handle) || this.#script.isSettingUp(handle));
      if (isStarted) this.#stopOne(handle, how);
      else this.left.kill(handle);
    }
  }

  /** Counts a worker's records; one that has had enough gets no more, and goes when it is idle. */
  recycle(handle: WorkerHandle, records: number, most: number): void {
    handle.records += records;
    if (handle.records < most || !this.#ready.delete(handle)) return;
    this.#retiring.add(handle);
    this.#retireIdle();
    this.#fill();
  }

  #retireIdle(): void {
    for (const handle of this.#retiring) if (handle.idle) this.#stopOne(handle, "in order");
  }

  kill(): void {
    this.#closing = true;
    for (const handle of this.handles()) handle.kill();
  }

  #stopOne(handle: WorkerHandle, how: StopHow): void {
    this.left.tell(handle, {
      how,
      isSettingUp: this.#script.isSettingUp(handle),
      tearsDown: this.#script.tearsDown,
    });
  }

  #fill(): void {
    while (!this.#closing && !this.#dismissed && this.#coming.size + this.#ready.size < this.#size) this.#spawn();
  }

  #spawn(): void {
    const { spawn, firstWorker = 0, text, now, observer } = this.#options;
    const worker = firstWorker + this.#spawned++;
    const handle: WorkerHandle = new WorkerHandle({
      worker,
      link: spawn(worker),
      text,
      now,
      events: this.#eventsOf(() => handle),
    });
    observer?.({ type: "workerSpawned", worker, pid: handle.link.pid });
    this.#coming.add(handle);
    void this.#script.load(handle);
  }

  #eventsOf(handle: () => WorkerHandle): Partial<WorkerEvents> {
    return {
      answered: () => {
        this.#retireIdle();
        this.#queue.serve();
      },
      gone: (exit) => this.#gone(handle(), exit),
      stray: ({ message, stack }) => this.#stray(new JobError(stack === "" ? message : `${message}\n${stack}`)),
      running: (id, at) => this.#options.observer?.({ type: "recordRunning", id, worker: handle().worker, at }),
      asks: (starts, ended) => this.#gate?.ask(handle(), starts, ended),
      profiled: (profile) => this.#options.onProfile?.(profile),
      measured: (stats) => void this.stats.set(handle().worker, stats),
    };
  }

  /** Fails the job, unless it goes on over failures: then each kind is told once. */
  #stray(error: JobError): void {
    if (this.#script.settings?.onError === "skip") {
      this.#options.onWarning?.(error.message);
      return;
    }
    this.strayFailure ??= error;
    this.#fail(error);
  }

  #makeReady(handle: WorkerHandle): void {
    if (!this.#coming.delete(handle)) return;
    this.#ready.add(handle);
    this.#queue.serve();
  }

  #gone(handle: WorkerHandle, exit: Exit): void {
    // Also one that was told to stop has started once.
    const started = !this.#coming.delete(handle) && handle.loaded;
    this.#ready.delete(handle);
    this.#retiring.delete(handle);
    this.#script.forget(handle);
    this.#gate?.forget(handle);
    const expected = this.#closing || this.left.has(handle);
    const { worker, killReason: reason } = handle;
    this.#options.observer?.({ type: "workerEnded", worker, exit, expected, reason });
    if (!expected) this.left.cpuMs = Number.NaN;
    if (this.#closing) return;
    // A restart comes later: what the worker has died of may be the end of the job.
    const next = started || expected ? { pauseMs: 0 } : this.#starts.died(exit, handle.killReason);
    if ("error" in next) this.#fail(next.error);
    else this.#options.after(next.pauseMs, () => this.#fill());
  }
}
