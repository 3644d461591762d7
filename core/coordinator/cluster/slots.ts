/** The workers of a cluster, as far as a job is concerned: the slots of its executors that have had tasks. */

import type { Observer, WorkerPlace } from "../observer.ts";
import type { ClusterEvent } from "./cluster.ts";

export interface Slot {
  readonly worker: number;
  readonly place: WorkerPlace;
  /** Attempts that it has. */
  load: number;
}

interface Executor {
  readonly place: WorkerPlace;
  /** Tasks that it runs at once, as far as is known. */
  most: number;
  slots: Slot[];
  end: "lost" | "let go" | undefined;
}

type ExecutorEnd = ClusterEvent & { readonly type: "executorEnded" };

export class Slots {
  readonly #observer: Observer | undefined;
  readonly #executors = new Map<string, Executor>();
  readonly #places: WorkerPlace[] = [];
  #now = 0;
  #most = 0;

  constructor(observer: Observer | undefined) {
    this.#observer = observer;
  }

  /** Where each worker is, or was. */
  get places(): readonly WorkerPlace[] {
    return this.#places;
  }

  /** The most that there were at once. */
  get most(): number {
    return this.#most;
  }

  get executors(): number {
    return this.#executors.size;
  }

  get executorsLost(): number {
    return [...this.#executors.values()].filter(({ end }) => end === "lost").length;
  }

  join({ slots, ...place }: WorkerPlace & { readonly slots: number }): void {
    this.#executorAt(place).most = slots;
  }

  hasRoom(place: WorkerPlace): boolean {
    const { slots, most } = this.#executorAt(place);
    return slots.length < most || slots.some(({ load }) => load === 0);
  }

  /** The one that has the least to do, or a new one. */
  take(place: WorkerPlace): Slot {
    const executor = this.#executorAt(place);
    const [least] = executor.slots.toSorted((a, b) => a.load - b.load);
    const isFull = executor.slots.length >= executor.most;
    const slot = least !== undefined && (isFull || least.load === 0) ? least : this.#add(executor);
    slot.load++;
    return slot;
  }

  /** Its workers are gone. */
  end({ executor: name, expected, reason }: Omit<ExecutorEnd, "type">): void {
    const executor = this.#executors.get(name);
    if (executor === undefined || executor.end !== undefined) return;
    executor.end = expected ? "let go" : "lost";
    const gone = executor.slots.splice(0);
    this.#now -= gone.length;
    const exit = { code: null, signal: null, stderrTail: "" };
    for (const { worker } of gone) this.#observer?.({ type: "workerEnded", worker, exit, expected, reason: undefined });
    this.#observer?.({ type: "executorEnded", ...executor.place, expected, reason });
  }

  #executorAt({ executor: name, host }: WorkerPlace): Executor {
    const known = this.#executors.get(name);
    if (known !== undefined) return known;
    const place = { executor: name, host };
    const executor = { place, most: Number.POSITIVE_INFINITY, slots: [], end: undefined };
    this.#executors.set(name, executor);
    this.#observer?.({ type: "executorJoined", ...place });
    return executor;
  }

  #add({ place, slots }: Executor): Slot {
    const slot = { worker: this.#places.length, place, load: 0 };
    slots.push(slot);
    this.#places.push(place);
    this.#most = Math.max(this.#most, ++this.#now);
    this.#observer?.({ type: "workerSpawned", worker: slot.worker, pid: undefined, place });
    return slot;
  }
}
