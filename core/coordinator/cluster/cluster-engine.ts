/**
 * The engine of many machines: batches of whole chunks go out as tasks (task-waves.ts), and what comes back is settled as if workers
 * of this machine had answered. These do what is left: the last merges, and compressing.
 *
 * A chunk begins where it does in a local run, so the output has the bytes of one: how many chunks make a task cannot be seen.
 */
import { byteCount } from "../../bytes.ts";
import { CancellationToken } from "../../cancellation.ts";
import { InternalError, UsageError } from "../../errors.ts";
import type { ChunkUse } from "../../protocol/chunk-grid.ts";
import type { Settled } from "../commit/committer.ts";
import type { GroupsOutput } from "../commit/finish-reduce.ts";
import type { CreateEngine, Engine, EngineWork } from "../engine.ts";
import { chunkUseOf } from "../job/job.ts";
import type { StageFailed, StageTask } from "../stage/messages.ts";
import type { AskWorker } from "../workers/call-any.ts";
import type { Cluster, ClusterTask, TaskAnswer } from "./cluster.ts";
import type { ClusterRecord } from "./cluster-record.ts";
import { elsewhereOf } from "./held-output.ts";
import { KeptGroups } from "./kept-groups.ts";
import { LocalWorkers, type LocalWorkersOptions } from "./local-workers.ts";
import { lookAtSources } from "./look-at-sources.ts";
import { type PlannedTask, TaskPlan } from "./task-plan.ts";
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
  readonly #use: ChunkUse;
  readonly #local: LocalWorkers;
  readonly #waves: TaskWaves<PlannedTask, Settled>;
  readonly #groups: KeptGroups;
  readonly #mostBytes: number;
  /** What is given out, when it is known what the inputs are. */
  #plan: TaskPlan | undefined;
  #totalBytes = 0;
  /** Nothing new is given out. */
  readonly #cancellation = new CancellationToken();
  readonly cores = undefined;
  /** The columns of CSV that is printed, once the first task has said them. */
  #found: readonly string[] | undefined;
  readonly failed: Promise<never>;
  readonly ask: AskWorker;

  constructor(options: ClusterEngineOptions, work: EngineWork) {
    this.#options = options;
    this.#work = work;
    const { job, buffer } = work;
    const { cluster, taskBytes, outputStays } = options;
    const usual = job.reduces || outputStays ? LONG_TASK_BYTES : MAP_TASK_BYTES;
    const most = job.units === undefined ? usual : job.maxBatchBytes;
    this.#mostBytes = taskBytes ?? most;
    // Tasks need not be aligned as the merge tree is: their partials are merged as it says, whatever they are of.
    this.#use = chunkUseOf(job) === "unseen" ? "unseen" : "seen";
    this.#local = new LocalWorkers(options, work);
    this.ask = this.#local.ask;
    this.#waves = new TaskWaves({
      cluster,
      buffer,
      next: (id) => this.#nextTask(id),
      isAlone: () => this.#isAlone,
      settled: (planned, answer, task) => this.#settled(planned, answer, task),
      unwanted: ({ batch }) => ({ batch, outcome: { tag: "unwanted" }, written: false }),
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

  async run(): Promise<void> {
    const { cluster } = this.#options;
    await this.#cancellation.race(cluster.ready);
    const { job, environment } = this.#work;
    const tasks = { ...job, maxBatchBytes: this.#mostBytes };
    const looked = this.#cancellation.cancelled ? undefined : lookAtSources(job, this.#use, this.#options);
    const sources = looked && (await this.#cancellation.race(looked));
    if (sources === undefined) return;
    this.#plan = new TaskPlan({ ...sources, job: tasks, use: this.#use, world: environment });
    this.#totalBytes = this.#plan.bytes;
    await this.#waves.run();
  }

  finishGroups(output: GroupsOutput): Promise<void> {
    return this.#groups.finish(output);
  }

  drain(): void {
    this.#cancellation.cancel();
    this.#waves.giveUp();
  }

  lose(): void {
    this.drain();
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

  get #isAlone(): boolean {
    const { job } = this.#work;
    // How many records a stream has, its task tells.
    if (job.limit !== undefined && this.#plan?.hasStreams === true) return true;
    // The first record that is printed says what the columns are.
    return job.findsColumns === true && !job.reduces && this.#columns === undefined;
  }

  get #columns(): readonly string[] | undefined {
    return this.#found ?? this.#work.columns();
  }

  get #taskBytes(): number {
    const { taskBytes, cluster } = this.#options;
    const fair = Math.ceil(this.#totalBytes / (cluster.slots * TASKS_PER_SLOT));
    return taskBytes ?? Math.min(this.#mostBytes, fair);
  }

  async #nextTask(id: number): Promise<{ readonly task: StageTask; readonly work: PlannedTask } | undefined> {
    const planned = await this.#plan?.next(this.#taskBytes);
    if (planned === undefined) return undefined;
    const left = this.#plan?.tasksLeft(this.#taskBytes) ?? 0;
    this.#options.record.planned(id + 1 + left);
    const { batch, stream } = planned;
    const { segments, bytes } = batch;
    return { task: { type: "task", id, segments, bytes, stream, columns: this.#columns }, work: planned };
  }

  #settled(planned: PlannedTask, answer: TaskAnswer, task: ClusterTask): readonly [Settled, number] {
    const { head, body, kept } = answer;
    const id = this.#options.record.answered(task, answer);
    const batch = this.#plan?.answered(planned, head) ?? planned.batch;
    for (const warning of head.stream?.warnings ?? []) this.#work.environment.onWarning(warning);
    if (head.type === "failed") return [{ batch, outcome: failedOutcome(head), written: false }, 0];
    this.#found ??= head.columns;
    if (this.#work.job.keyed) this.#groups.add(head, kept);
    // Its runs are none of this machine.
    const done = { ...head, id, runs: [] };
    const elsewhere = elsewhereOf(this.#options.cluster, task, answer);
    return [{ batch, outcome: { tag: "done", done, body, elsewhere }, written: false }, byteCount(body)];
  }
}

function failedOutcome(failed: StageFailed): Settled["outcome"] {
  return failed.isUsage === true ? { tag: "error", error: new UsageError(failed.message) } : { tag: "failed", failed };
}
