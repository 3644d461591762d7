/**
 * What a job has been on a cluster: which tasks ran where, what came of each attempt, where the time of workers went. Only answers
 * that were taken count; the observer hears of all attempts as it hears of the batches of one machine.
 */
import { NO_STATS, sumOfStats, type WorkerStats } from "../../protocol/worker-stats.ts";
import type { JobEvent, Observer, WorkerPlace } from "../observer.ts";
import { NO_COUNTS } from "../workers/reply.ts";
import type { Attempt, ClusterEvent, ClusterTask, TaskAnswer } from "./cluster.ts";
import { type Slot, Slots } from "./slots.ts";

/** What has become of the tasks, in numbers. */
export interface ClusterCounts {
  /** Tasks and ranges of keys that are done. */
  readonly tasks: number;
  readonly attemptsFailed: number;
  /** Executors that the job has had, and those of them that it has lost. */
  readonly executors: number;
  readonly executorsLost: number;
}

interface Begun {
  readonly task: ClusterTask;
  readonly slot: Slot;
  /** What the observer knows it by: of each attempt another. */
  readonly id: number;
}

type BatchEnd = Omit<JobEvent & { readonly type: "batchEnded" }, "type" | "id" | "worker">;

const NOTHING: Omit<BatchEnd, "how" | "counts"> = { bytesIn: 0, bytesOut: 0, busyMs: 0 };

export class ClusterRecord {
  readonly #observer: Observer | undefined;
  readonly #slots: Slots;
  /** By the number of the attempt. */
  readonly #begun = new Map<number, Begun>();
  /** An executor's slot has another attempt before it is known what came of the one that it had. */
  #waiting: (Attempt & { readonly task: ClusterTask })[] = [];
  readonly #answered = new WeakSet<ClusterTask>();
  /** By worker. */
  readonly stats = new Map<number, WorkerStats>();
  #nextId = 0;
  #tasks = 0;
  #attemptsFailed = 0;

  constructor(observer: Observer | undefined) {
    this.#observer = observer;
    this.#slots = new Slots(observer);
  }

  get counts(): ClusterCounts {
    const { executors, executorsLost } = this.#slots;
    return { tasks: this.#tasks, attemptsFailed: this.#attemptsFailed, executors, executorsLost };
  }

  /** The most workers that there were at once. */
  get workers(): number {
    return this.#slots.most;
  }

  /** By worker. */
  get places(): readonly WorkerPlace[] {
    return this.#slots.places;
  }

  hear(event: ClusterEvent): void {
    switch (event.type) {
      case "executorJoined":
        this.#slots.join(event);
        break;
      case "executorEnded":
        this.#waiting = this.#waiting.filter(({ executor }) => executor !== event.executor);
        for (const [attempt, { slot }] of this.#begun) if (slot.place.executor === event.executor) this.#drop(attempt);
        this.#slots.end(event);
        break;
      case "attemptBegun":
        // Of a task whose output was lost, and is made again, nothing is counted twice.
        if (this.#answered.has(event.task)) break;
        if (this.#slots.hasRoom(event)) this.#begin(event.task, event);
        else this.#waiting.push(event);
        break;
      case "attemptFailed": {
        const { nth, reason, executor, host } = event;
        this.#attemptsFailed++;
        this.#drop(event.attempt);
        this.#observer?.({ type: "attemptFailed", nth, reason, executor, host });
        break;
      }
      case "attemptDropped":
        this.#drop(event.attempt);
        break;
    }
  }

  /** Tells how many tasks there are, as far as is known. */
  planned(tasks: number): void {
    this.#observer?.({ type: "tasksPlanned", tasks });
  }

  /**
   * An answer is taken.
   * @returns what the observer knows the attempt by
   */
  answered(task: ClusterTask, { head, by }: TaskAnswer): number {
    if (by === undefined) return head.id;
    this.#answered.add(task);
    // What is told of attempts may come behind their answers.
    const { id, slot } = this.#begun.get(by.attempt) ?? this.#begin(task, by);
    if (head.type === "failed") {
      this.#end(by.attempt, { ...NOTHING, how: "failed", counts: head.counts });
      return id;
    }
    const { counts, bytes, busyMs, stats } = head;
    if (task.type !== "look") this.#tasks++;
    if (stats !== undefined) this.stats.set(slot.worker, sumOfStats(this.stats.get(slot.worker) ?? NO_STATS, stats));
    const bytesIn = head.stream?.bytes ?? (task.type === "task" ? task.bytes : 0);
    this.#end(by.attempt, { how: "done", counts, bytesIn, bytesOut: bytes, busyMs });
    return id;
  }

  #begin(task: ClusterTask, { attempt, executor, host }: Attempt): Begun {
    this.#stopWaiting(attempt);
    const slot = this.#slots.take({ executor, host });
    const begun = { task, slot, id: this.#nextId++ };
    this.#begun.set(attempt, begun);
    if (task.type === "task") {
      const { segments, bytes } = task;
      this.#observer?.({ type: "batchBegun", id: begun.id, worker: slot.worker, segments, bytes });
    }
    return begun;
  }

  #stopWaiting(attempt: number): void {
    this.#waiting = this.#waiting.filter((each) => each.attempt !== attempt);
  }

  #drop(attempt: number): void {
    this.#stopWaiting(attempt);
    this.#end(attempt, { ...NOTHING, how: "died", counts: NO_COUNTS });
  }

  #end(attempt: number, end: BatchEnd): void {
    const begun = this.#begun.get(attempt);
    if (begun === undefined) return;
    const { task, slot, id } = begun;
    this.#begun.delete(attempt);
    slot.load--;
    // Ranges of keys are what a local job merges: no batches.
    if (task.type === "task") this.#observer?.({ type: "batchEnded", id, worker: slot.worker, ...end });
    const next = this.#waiting.find((waiting) => this.#slots.hasRoom(waiting));
    if (next !== undefined) this.#begin(next.task, next);
  }
}
