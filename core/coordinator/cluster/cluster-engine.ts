/**
 * The engine of many machines: batches of whole chunks go out as tasks, in waves of as many as the cluster runs at once, and what
 * comes back is settled as if workers of this machine had answered. These do what is left: the last merges, and compressing.
 *
 * A chunk begins where it does in a local run, so the output has the bytes of one: how many chunks make a task cannot be seen.
 */
import { byteCount, slicePieces } from "../../bytes.ts";
import { CancellationToken } from "../../cancellation.ts";
import { InternalError } from "../../errors.ts";
import type { Done } from "../../protocol/messages.ts";
import type { Settled } from "../commit/committer.ts";
import type { CreateEngine, Engine, EngineWork } from "../engine.ts";
import type { Batch } from "../job/batch.ts";
import { chunkUseOf } from "../job/job.ts";
import type { BatchSource } from "../schedule/chunk-plan.ts";
import { planOf } from "../schedule/job-plan.ts";
import type { Slot } from "../schedule/reorder-buffer.ts";
import type { StageTask } from "../stage/messages.ts";
import type { AskWorker } from "../workers/call-any.ts";
import type { Cluster, KeepRuns, TaskAnswer } from "./cluster.ts";
import { LocalWorkers, type LocalWorkersOptions } from "./local-workers.ts";

/** Of what a map prints every byte comes back, unless it stays there; of a reduce next to nothing. */
const MAP_TASK_BYTES = 16 * 1024 * 1024;
const LONG_TASK_BYTES = 64 * 1024 * 1024;
/** A cluster has as many tasks for each slot at least, so that its slots come to an end together. */
const TASKS_PER_SLOT = 3;
/** Waves that are out, or whose output waits for its slot; and the bytes of these, for each slot. */
const WAVES = 4;
const WINDOW_BYTES_PER_SLOT = 32 * 1024 * 1024;

export interface ClusterEngineOptions extends LocalWorkersOptions {
  readonly cluster: Cluster;
  readonly keepRuns: KeepRuns;
  /** Whether what tasks print stays where they run. */
  readonly outputStays: boolean;
  /** Bytes of input that make a task; undefined for what suits the job. */
  readonly taskBytes: number | undefined;
}

export function clusterEngine(options: ClusterEngineOptions): CreateEngine {
  return (work) => new ClusterEngine(options, work);
}

interface Task {
  readonly batch: Batch;
  readonly slot: Slot<Settled>;
}

class ClusterEngine implements Engine {
  readonly #options: ClusterEngineOptions;
  readonly #work: EngineWork;
  readonly #plan: BatchSource;
  readonly #local: LocalWorkers;
  readonly #mostBytes: number;
  readonly #totalBytes: number;
  /** What is out, by its number. */
  readonly #tasks = new Map<number, Task>();
  #nextTask = 0;
  /** The columns of CSV that is printed, once the first task has said them. */
  #found: readonly string[] | undefined;
  /** Nothing new is given out. */
  readonly #cancellation = new CancellationToken();
  #wake = () => {};
  #fail: (error: unknown) => void = () => {};
  readonly failed: Promise<never>;
  readonly ask: AskWorker;

  constructor(options: ClusterEngineOptions, work: EngineWork) {
    this.#options = options;
    this.#work = work;
    const { job, environment } = work;
    const { cluster, taskBytes, outputStays } = options;
    const usual = job.reduces || outputStays ? LONG_TASK_BYTES : MAP_TASK_BYTES;
    const most = job.units === undefined ? usual : job.maxBatchBytes;
    this.#mostBytes = taskBytes ?? most;
    // Tasks need not be aligned as the merge tree is: their partials are merged as it says, whatever they are of.
    const use = chunkUseOf(job) === "unseen" ? "unseen" : "seen";
    this.#plan = planOf({ ...job, maxBatchBytes: this.#mostBytes }, environment, use);
    this.#totalBytes = this.#plan.left ?? 0;
    this.#local = new LocalWorkers(options, work);
    this.ask = this.#local.ask;
    const own = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.failed = Promise.race([own, cluster.failed, this.#local.failed]);
    this.failed.catch(() => {});
  }

  get workers(): Engine["workers"] {
    return { now: this.#local.size, started: this.#options.cluster.stages };
  }

  get window(): Engine["window"] {
    const { slots } = this.#options.cluster;
    return { batches: slots * WAVES, bytes: slots * WINDOW_BYTES_PER_SLOT };
  }

  changed(): void {
    this.#wake();
  }

  async run(): Promise<void> {
    await this.#cancellation.race(this.#options.cluster.ready);
    while (!this.#cancellation.cancelled) {
      if (!this.#hasRoomForWave) {
        await this.#cancellation.race(this.#change());
        continue;
      }
      const wave = await this.#nextWave();
      if (wave.length === 0) return;
      const running = this.#runWave(wave);
      // The first record that is printed says what the columns are.
      if (this.#findsColumns) await this.#cancellation.race(running);
    }
  }

  drain(): void {
    this.#giveUp();
  }

  lose(): void {
    this.#giveUp();
  }

  /** What stages have made is here. */
  endBusy(): void {}

  async runAgain(): Promise<never> {
    throw new InternalError("the output of a task is run again, and no worker keeps it");
  }

  room(): Promise<void> {
    return this.#local.room();
  }

  loaded(): Promise<unknown> {
    return this.#local.loaded();
  }

  watch(): () => void {
    return this.#local.watch();
  }

  get #findsColumns(): boolean {
    const { findsColumns, reduces } = this.#work.job;
    return findsColumns === true && !reduces && this.#columns === undefined;
  }

  get #columns(): readonly string[] | undefined {
    return this.#found ?? this.#work.columns();
  }

  /** A wave is as long as it can be, so that its tasks can overtake one that hangs. */
  get #hasRoomForWave(): boolean {
    const { buffer } = this.#work;
    return buffer.hasRoom() && buffer.open <= this.#options.cluster.slots * (WAVES - 1);
  }

  get #taskBytes(): number {
    const { taskBytes, cluster } = this.#options;
    const fair = Math.ceil(this.#totalBytes / (cluster.slots * TASKS_PER_SLOT));
    return taskBytes ?? Math.min(this.#mostBytes, fair);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #nextWave(): Promise<StageTask[]> {
    const wave: StageTask[] = [];
    const wanted = this.#findsColumns ? 1 : this.#options.cluster.slots;
    while (wave.length < wanted) {
      const batch = await this.#plan.next(this.#taskBytes);
      // A wait may have ended the job.
      if (batch === undefined || this.#cancellation.cancelled) break;
      const id = this.#nextTask++;
      this.#tasks.set(id, { batch, slot: this.#work.buffer.admit(0) });
      wave.push({ type: "task", id, segments: batch.segments, bytes: batch.bytes, columns: this.#columns });
    }
    return wave;
  }

  /** Detached by its caller: what cannot be run is the engine's failure. */
  async #runWave(wave: readonly StageTask[]): Promise<void> {
    try {
      await this.#options.cluster.run(wave, (answer) => this.#answered(answer));
    } catch (error) {
      this.#fail(error);
    }
  }

  #answered({ head, body, part }: TaskAnswer): void {
    const task = this.#tasks.get(head.id);
    // It has been given up.
    if (task === undefined) return;
    this.#tasks.delete(head.id);
    const { batch, slot } = task;
    if (head.type === "failed") {
      // Nothing after a failure is worth starting; what came before it is still committed.
      this.#cancellation.cancel();
      slot.settle({ batch, outcome: { tag: "failed", failed: head }, written: false }, 0);
      return;
    }
    if (this.#findsColumns) this.#found = head.columns;
    // What stays on the cluster is not in the body.
    const bytes = part === undefined ? bytesBeforeRuns(head) : 0;
    const done = { ...head, runs: this.#keptRuns(head, slicePieces(body, bytes)) };
    const kept = slicePieces(body, 0, bytes);
    slot.settle({ batch, outcome: { tag: "done", done, body: kept, part }, written: false }, byteCount(kept));
  }

  /** Sorted runs are merged by workers of this machine: they are kept in a file of it. */
  #keptRuns(head: Done, bytes: readonly Uint8Array[]): Done["runs"] {
    if (head.runs.length === 0) return head.runs;
    const { path, start: by } = this.#options.keepRuns(bytes);
    return head.runs.map(({ start, end, index }) => {
      return { path, start: start + by, end: end + by, index: index.map(([key, at]) => [key, at + by] as const) };
    });
  }

  #giveUp(): void {
    this.#cancellation.cancel();
    if (this.#tasks.size === 0) return;
    this.#options.cluster.cancel();
    const tasks = [...this.#tasks.values()];
    this.#tasks.clear();
    for (const { batch, slot } of tasks) slot.settle({ batch, outcome: { tag: "unwanted" }, written: false }, 0);
  }
}

function bytesBeforeRuns({ bytes, nodes }: Done): number {
  return nodes.reduce((sum, node) => sum + node.bytes, bytes);
}
