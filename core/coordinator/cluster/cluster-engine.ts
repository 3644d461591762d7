/**
 * The engine of many machines: batches of whole chunks go out as tasks (task-waves.ts), and what comes back is settled as if workers
 * of this machine had answered. These do what is left: the last merges, and compressing.
 *
 * A chunk begins where it does in a local run, so the output has the bytes of one: how many chunks make a task cannot be seen.
 */
import { byteCount } from "../../bytes.ts";
import { InternalError } from "../../errors.ts";
import type { Settled } from "../commit/committer.ts";
import type { GroupsOutput } from "../commit/finish-reduce.ts";
import type { CreateEngine, Engine, EngineWork } from "../engine.ts";
import type { Batch } from "../job/batch.ts";
import { chunkUseOf } from "../job/job.ts";
import type { BatchSource } from "../schedule/chunk-plan.ts";
import { planOf } from "../schedule/job-plan.ts";
import type { StageTask } from "../stage/messages.ts";
import type { AskWorker } from "../workers/call-any.ts";
import type { Cluster, ClusterTask, TaskAnswer } from "./cluster.ts";
import type { ClusterRecord } from "./cluster-record.ts";
import { elsewhereOf } from "./held-output.ts";
import { KeptGroups } from "./kept-groups.ts";
import { LocalWorkers, type LocalWorkersOptions } from "./local-workers.ts";
import { TaskWaves, windowOf } from "./task-waves.ts";

/** Of what a map prints every byte comes back, unless it stays there; of a reduce next to nothing. */
const MAP_TASK_BYTES = 16 * 1024 * 1024;
const LONG_TASK_BYTES = 64 * 1024 * 1024;
/** A cluster has as many tasks for each slot at least, so that its slots come to an end together. */
const TASKS_PER_SLOT = 3;

export interface ClusterEngineOptions extends LocalWorkersOptions {
  readonly cluster: Cluster;
  /** Notes what comes of the tasks. */
  readonly record: ClusterRecord;
  /** Whether what tasks print stays where they run. */
  readonly outputStays: boolean;
  /** Bytes of input that make a task; undefined for what suits the job. */
  readonly taskBytes: number | undefined;
}

export function clusterEngine(options: ClusterEngineOptions): CreateEngine {
  return (work) => new ClusterEngine(options, work);
}

class ClusterEngine implements Engine {
  readonly #options: ClusterEngineOptions;
  readonly #work: EngineWork;
  readonly #plan: BatchSource;
  readonly #local: LocalWorkers;
  readonly #waves: TaskWaves<Batch, Settled>;
  readonly #groups: KeptGroups;
  readonly #mostBytes: number;
  readonly #totalBytes: number;
  readonly cores = undefined;
  /** The columns of CSV that is printed, once the first task has said them. */
  #found: readonly string[] | undefined;
  readonly failed: Promise<never>;
  readonly ask: AskWorker;

  constructor(options: ClusterEngineOptions, work: EngineWork) {
    this.#options = options;
    this.#work = work;
    const { job, environment, buffer } = work;
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
    this.#waves = new TaskWaves({
      cluster,
      buffer,
      next: (id) => this.#nextTask(id),
      // The first record that is printed says what the columns are.
      isAlone: () => job.findsColumns === true && !job.reduces && this.#columns === undefined,
      settled: (batch, answer, task) => this.#settled(batch, answer, task),
      unwanted: (batch) => ({ batch, outcome: { tag: "unwanted" }, written: false }),
    });
    this.#groups = new KeptGroups(cluster, options.record);
    this.failed = Promise.race([this.#waves.failed, cluster.failed, this.#local.failed]);
    this.failed.catch(() => {});
  }

  get workers(): Engine["workers"] {
    return { now: this.#local.size, started: this.#options.cluster.stages };
  }

  get window(): Engine["window"] {
    return windowOf(this.#options.cluster);
  }

  changed(): void {
    this.#waves.changed();
  }

  run(): Promise<void> {
    return this.#waves.run();
  }

  finishGroups(output: GroupsOutput): Promise<void> {
    return this.#groups.finish(output);
  }

  drain(): void {
    this.#waves.giveUp();
  }

  lose(): void {
    this.#waves.giveUp();
    this.#groups.giveUp();
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

  get #columns(): readonly string[] | undefined {
    return this.#found ?? this.#work.columns();
  }

  get #taskBytes(): number {
    const { taskBytes, cluster } = this.#options;
    const fair = Math.ceil(this.#totalBytes / (cluster.slots * TASKS_PER_SLOT));
    return taskBytes ?? Math.min(this.#mostBytes, fair);
  }

  async #nextTask(id: number): Promise<{ readonly task: StageTask; readonly work: Batch } | undefined> {
    const batch = await this.#plan.next(this.#taskBytes);
    if (batch === undefined) return undefined;
    this.#options.record.planned(id + 1 + Math.ceil((this.#plan.left ?? 0) / this.#taskBytes));
    const { segments, bytes } = batch;
    return { task: { type: "task", id, segments, bytes, columns: this.#columns }, work: batch };
  }

  #settled(batch: Batch, answer: TaskAnswer, task: ClusterTask): readonly [Settled, number] {
    const { head, body, kept } = answer;
    const id = this.#options.record.answered(task, answer);
    if (head.type === "failed") return [{ batch, outcome: { tag: "failed", failed: head }, written: false }, 0];
    this.#found ??= head.columns;
    if (this.#work.job.keyed) this.#groups.add(head, kept);
    // Its runs are none of this machine.
    const done = { ...head, id, runs: [] };
    const elsewhere = elsewhereOf(this.#options.cluster, task, answer);
    return [{ batch, outcome: { tag: "done", done, body, elsewhere }, written: false }, byteCount(body)];
  }
}
