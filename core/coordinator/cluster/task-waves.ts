/**
 * Tasks go out in waves of as many as the cluster runs at once. Several waves are out at a time, so that tasks can overtake one
 * that hangs; each answer settles the slot that its task was given.
 */
import { CancellationToken } from "../../cancellation.ts";
import type { ReorderBuffer, Slot } from "../schedule/reorder-buffer.ts";
import type { Cluster, ClusterTask, TaskAnswer } from "./cluster.ts";

/** Waves that are out, or whose output waits for its slot; and the bytes of these, for each slot of the cluster. */
const WAVES = 4;
const WINDOW_BYTES_PER_SLOT = 32 * 1024 * 1024;

export interface TaskWavesOptions<Work, Settled> {
  readonly cluster: Cluster;
  readonly buffer: ReorderBuffer<Settled>;
  /** The next task, with what its answer is about; undefined when there is none. */
  readonly next: (id: number) => Promise<{ readonly task: ClusterTask; readonly work: Work } | undefined>;
  /** Whether the next task goes out alone, and the others wait for its answer. */
  readonly isAlone: () => boolean;
  /** What an answer comes to, and the bytes that wait with it. */
  readonly settled: (work: Work, answer: TaskAnswer, task: ClusterTask) => readonly [settled: Settled, bytes: number];
  /** What comes of a task that is given up. */
  readonly unwanted: (work: Work) => Settled;
}

/** What may wait for its slot. */
export function windowOf({ slots }: Cluster): { readonly batches: number; readonly bytes: number } {
  return { batches: slots * WAVES, bytes: slots * WINDOW_BYTES_PER_SLOT };
}

interface Out<Work, Settled> {
  readonly task: ClusterTask;
  readonly work: Work;
  readonly slot: Slot<Settled>;
}

export class TaskWaves<Work, Settled> {
  readonly #options: TaskWavesOptions<Work, Settled>;
  /** What is out, by its number. */
  readonly #out = new Map<number, Out<Work, Settled>>();
  #nextTask = 0;
  /** Nothing new is given out. */
  readonly #cancellation = new CancellationToken();
  #wake = () => {};
  #fail: (error: unknown) => void = () => {};
  /** Never resolves; rejects when a task cannot be run. */
  readonly failed: Promise<never>;

  constructor(options: TaskWavesOptions<Work, Settled>) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** There may be room in the buffer again. */
  changed(): void {
    this.#wake();
  }

  /** Resolves when the last task has been given out, or the job gives out nothing new. */
  async run(): Promise<void> {
    await this.#cancellation.race(this.#options.cluster.ready);
    while (!this.#cancellation.cancelled) {
      if (!this.#hasRoom) {
        await this.#cancellation.race(this.#change());
        continue;
      }
      const isAlone = this.#options.isAlone();
      const wave = await this.#nextWave(isAlone ? 1 : this.#options.cluster.slots);
      if (wave.length === 0) return;
      const running = this.#runWave(wave);
      if (isAlone) await this.#cancellation.race(running);
    }
  }

  /** Nothing new is given out; what is out is still answered. */
  stop(): void {
    this.#cancellation.cancel();
  }

  /** What is out is not wanted any longer, either. */
  giveUp(): void {
    this.stop();
    if (this.#out.size === 0) return;
    const { cluster, unwanted } = this.#options;
    cluster.cancel();
    const out = [...this.#out.values()];
    this.#out.clear();
    for (const { work, slot } of out) slot.settle(unwanted(work), 0);
  }

  /** A wave is as long as it can be. */
  get #hasRoom(): boolean {
    const { buffer, cluster } = this.#options;
    return buffer.hasRoom() && buffer.open <= cluster.slots * (WAVES - 1);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #nextWave(most: number): Promise<ClusterTask[]> {
    const wave: ClusterTask[] = [];
    while (wave.length < most) {
      const next = await this.#options.next(this.#nextTask);
      // A wait may have ended the job.
      if (next === undefined || this.#cancellation.cancelled) break;
      this.#out.set(this.#nextTask++, { ...next, slot: this.#options.buffer.admit(0) });
      wave.push(next.task);
    }
    return wave;
  }

  /** Detached by its caller: what cannot be run is told by `failed`. */
  async #runWave(wave: readonly ClusterTask[]): Promise<void> {
    try {
      await this.#options.cluster.run(wave, (answer) => this.#answered(answer));
    } catch (error) {
      this.#fail(error);
    }
  }

  #answered(answer: TaskAnswer): void {
    const out = this.#out.get(answer.head.id);
    // It has been given up.
    if (out === undefined) return;
    this.#out.delete(answer.head.id);
    // Nothing after a failure is worth starting; what came before it is still committed.
    if (answer.head.type === "failed") this.stop();
    out.slot.settle(...this.#options.settled(out.work, answer, out.task));
  }
}
