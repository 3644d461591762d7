/** The workers there are, each in one state. */
import type { WorkerHandle } from "./worker-handle.ts";

/**
 * `coming`: spawned, loading, waiting for settings. `ready`: it can take requests. `retiring`: it gets no more, but still has some, or
 * output to write.
 */
export type WorkerState = "coming" | "ready" | "retiring";

export class WorkerRoster {
  readonly #workers: Readonly<Record<WorkerState, Set<WorkerHandle>>> = {
    coming: new Set(),
    ready: new Set(),
    retiring: new Set(),
  };

  all(): WorkerHandle[] {
    const { coming, ready, retiring } = this.#workers;
    return [...coming, ...ready, ...retiring];
  }

  /** The workers in a state, in the order in which they came to it: as it is now, and as it changes. */
  in(state: WorkerState): ReadonlySet<WorkerHandle> {
    return this.#workers[state];
  }

  /** Whether none is on its way, and every one that takes requests is up and has something to do. */
  get saturated(): boolean {
    const { coming, ready } = this.#workers;
    if (coming.size > 0) return false;
    for (const handle of ready) if (handle.load === 0 || !handle.loaded) return false;
    return true;
  }

  /** Whether none of them is asked for anything, or keeps an output that it still has to write. */
  get idle(): boolean {
    return this.all().every((handle) => handle.idle);
  }

  /** A worker that has been spawned. */
  add(handle: WorkerHandle): void {
    this.#workers.coming.add(handle);
  }

  /** False when it was not in the first of these states. */
  move(handle: WorkerHandle, from: WorkerState, to: WorkerState): boolean {
    if (!this.#workers[from].delete(handle)) return false;
    this.#workers[to].add(handle);
    return true;
  }

  retireAll(): void {
    for (const state of ["coming", "ready"] as const)
      for (const handle of this.#workers[state]) this.move(handle, state, "retiring");
  }

  /** A worker is gone: the state that it was in. */
  remove(handle: WorkerHandle): WorkerState | undefined {
    for (const state of ["coming", "ready", "retiring"] as const) if (this.#workers[state].delete(handle)) return state;
    return undefined;
  }
}
