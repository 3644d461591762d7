/** Has the number of workers that is wanted: others are spawned in place of those that are gone. */
import type { Exit, WorkerLink } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Observer } from "../observer.ts";
import { StartAttempts } from "./start-attempts.ts";
import type { WorkerEvents } from "./worker-events.ts";
import { WorkerHandle } from "./worker-handle.ts";
import type { WorkerRoster } from "./worker-roster.ts";

/**
 * `dismissed`: the workers leave, and others are spawned only when one is asked for. `closing`: they leave for good, and no other is
 * spawned.
 */
export type PoolPhase = "running" | "dismissed" | "closing";

export interface SpawnOptions {
  readonly spawn: (worker: number) => WorkerLink;
  /** The number of the first worker: 0 where it is not said. */
  readonly firstWorker?: number;
  readonly text: TextCodec;
  readonly now: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly observer?: Observer | undefined;
}

export interface WorkerSpawnerOptions extends SpawnOptions {
  readonly workers: WorkerRoster;
  readonly phase: () => PoolPhase;
  /** Whether a worker was told to go. */
  readonly isLeaving: (handle: WorkerHandle) => boolean;
  /** What hears a worker, but for its end. */
  readonly eventsOf: (worker: number, handle: () => WorkerHandle) => Partial<WorkerEvents>;
  readonly onSpawned: (handle: WorkerHandle) => void;
  /** @param expected whether it was told to go */
  readonly onGone: (handle: WorkerHandle, expected: boolean) => void;
  /** Workers die before their first record, one after the other. */
  readonly onFailure: (error: Error) => void;
}

export class WorkerSpawner {
  readonly #options: WorkerSpawnerOptions;
  readonly #starts = new StartAttempts();
  #size = 0;
  #spawned = 0;

  constructor(options: WorkerSpawnerOptions) {
    this.#options = options;
  }

  /** The number of workers that is wanted. */
  get size(): number {
    return this.#size;
  }

  get spawned(): number {
    return this.#spawned;
  }

  /** Has this many workers from now on. */
  grow(size: number): void {
    this.#size = Math.max(this.#size, size);
    this.fill();
  }

  /** Spawns the workers that are missing. */
  fill(): void {
    const { workers, phase } = this.#options;
    while (phase() === "running" && workers.in("coming").size + workers.in("ready").size < this.#size) this.#spawn();
  }

  /** A worker is ready for records. */
  hasStarted(): void {
    this.#starts.succeeded();
  }

  #spawn(): void {
    const { spawn, firstWorker = 0, text, now, observer, workers, eventsOf, onSpawned } = this.#options;
    const worker = firstWorker + this.#spawned++;
    const events = eventsOf(worker, () => handle);
    const handle: WorkerHandle = new WorkerHandle({
      worker,
      link: spawn(worker),
      text,
      now,
      events: { ...events, gone: (exit) => this.#gone(handle, exit) },
    });
    observer?.({ type: "workerSpawned", worker, pid: handle.link.pid });
    workers.add(handle);
    onSpawned(handle);
  }

  #gone(handle: WorkerHandle, exit: Exit): void {
    const { workers, phase, isLeaving, observer, onGone, onFailure, after } = this.#options;
    // Also one that was told to stop has started once.
    const started = workers.remove(handle) !== "coming" && handle.loaded;
    const expected = phase() === "closing" || isLeaving(handle);
    const { worker, killReason: reason } = handle;
    onGone(handle, expected);
    observer?.({ type: "workerEnded", worker, exit, expected, reason });
    if (phase() === "closing") return;
    // A restart comes later: what the worker has died of may be the end of the job.
    const next = started || expected ? { pauseMs: 0 } : this.#starts.died(exit, reason);
    if ("error" in next) onFailure(next.error);
    else after(next.pauseMs, () => this.fill());
  }
}
