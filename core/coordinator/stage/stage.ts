/**
 * A stage: the coordinator's half that runs batches, with one worker, on a machine of a cluster. A task is to it what a whole job
 * is to the engine of one machine: dead workers are replaced, a record that kills is named, output comes in order. What is
 * committed, and where, is decided elsewhere.
 */
import { byteCount } from "../../bytes.ts";
import { InternalError } from "../../errors.ts";
import { printJson } from "../../json.ts";
import type { Failed, SortedRun } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import type { WorkerStats } from "../../protocol/worker-stats.ts";
import { rangesOf, sampleOf, sliceOf } from "../commit/key-ranges.ts";
import type { CarriedNodes } from "../commit/partials.ts";
import { plainError } from "../commit/totals.ts";
import type { EngineEnvironment } from "../environment.ts";
import { failureOf } from "../failure-of.ts";
import { chunkUseOf, type Job } from "../job/job.ts";
import { createAsk } from "../workers/call-any.ts";
import { outputOf } from "../workers/reply.ts";
import { watchPool } from "../workers/watch-pool.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import { BatchPlan } from "./batch-plan.ts";
import { failedWith } from "./failed-with.ts";
import { lookAtInputs, type StageInputs } from "./look-at-inputs.ts";
import { MeasuredWork } from "./measured-work.ts";
import type { CutRuns, FromStage, PlacedRange, StageJob, StageLook, StageTask, StreamFound } from "./messages.ts";
import { runTask, type TaskOutcome } from "./run-task.ts";
import { StreamPlan } from "./stream-plan.ts";
import { TaskTotals } from "./task-totals.ts";

const NO_NODES: CarriedNodes = { heads: [], body: [] };
/** Keys of a task's sorted runs that travel to where cuts are chosen. */
const SAMPLED_KEYS = 32;

export interface StageOptions {
  readonly job: StageJob;
  /** Makes a pool of one worker that has its settings. */
  readonly createPool: (onWarning: (message: string) => void) => WorkerPool;
  readonly environment: Omit<EngineEnvironment, "packing" | "resumeFrom" | "spare" | "observer" | "onWarning">;
  readonly inputs: StageInputs;
  readonly send: (head: FromStage, body?: readonly Uint8Array[]) => void;
}

export class Stage {
  readonly #options: StageOptions;
  readonly #job: Job;
  #pool: WorkerPool | undefined;
  #totals: TaskTotals | undefined;
  readonly #measured = new MeasuredWork();

  constructor(options: StageOptions) {
    this.#options = options;
    this.#job = { ...options.job.terms, sources: [], limit: undefined, ordered: true, cores: 1 };
  }

  /** Resolves when the script has been loaded: a stage that cannot use it says so before it has a task. */
  async open(): Promise<void> {
    const pool = this.#poolAtHand();
    await Promise.race([pool.facts, pool.failed]);
  }

  /** Runs a task or a range and answers it. Never rejects. */
  async run(task: StageTask | PlacedRange): Promise<void> {
    const { job, send } = this.#options;
    const totals = new TaskTotals(task.id, task.type === "task" ? task.segments : []);
    this.#totals = totals;
    try {
      const pool = this.#poolAtHand();
      const answer = await Promise.race([
        task.type === "task" ? this.#answer(task, totals, pool) : this.#merge(task, totals, pool),
        pool.failed,
      ]);
      const torn = job.tearsDown ? await failureOf(this.#tearDown(totals)) : undefined;
      // A record that has failed is told, and not what the teardown then throws.
      if (torn !== undefined && !("failed" in answer)) throw torn.error;
      if ("failed" in answer) send({ ...totals.failedOf(answer.failed), stream: answer.stream });
      else sendDone(totals, answer, this.#measured.since(pool), send);
    } catch (error) {
      send({ ...failedWith(error), id: task.id });
    }
  }

  /** Says what reading inputs tells of them. Never rejects. */
  async look({ id, sources }: StageLook): Promise<void> {
    const { inputs, send } = this.#options;
    try {
      send({ ...new TaskTotals(id, []).done(), found: await lookAtInputs(sources, inputs) });
    } catch (error) {
      send({ ...failedWith(error), id });
    }
  }

  /** Says at which bytes the cuts of sorted runs are. */
  cut({ runs, cuts }: CutRuns): void {
    const ranges = rangesOf(cuts);
    const slicesOf = (run: SortedRun) =>
      ranges.flatMap((range) => {
        const { start, end } = sliceOf(run, range);
        return [start - run.start, end - run.start];
      });
    this.#options.send({ type: "slices", slices: runs.map(slicesOf) });
  }

  /** Lets the worker go. @param graceMs how long it may take, where what it does is not wanted any longer */
  async close(graceMs?: number): Promise<void> {
    await this.#pool?.stop(graceMs);
  }

  #poolAtHand(): WorkerPool {
    this.#pool ??= this.#options.createPool((message) => this.#totals?.warn(message));
    return this.#pool;
  }

  async #tearDown(totals: TaskTotals): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    try {
      await pool?.stop();
    } catch (error) {
      pool?.kill();
      throw error;
    }
    pool?.left.checkTeardown();
    totals.count(pool?.left.counters ?? []);
  }

  async #answer(task: StageTask, totals: TaskTotals, pool: WorkerPool): Promise<Answer> {
    const stream = task.stream && (await this.#streamOf(task, totals));
    const outcome = await runTask({
      job: this.#job,
      pool,
      plan: stream ?? this.#planOf(task),
      environment: this.#engineEnvironment(),
      columns: task.columns,
      totals,
      onOutput: (output) => {
        this.#sendOutput(output);
        sendRejects(totals.takeRejects(), this.#options);
      },
    });
    return { ...outcome, stream: stream?.found };
  }

  async #merge({ path, ends, low, high, columns }: PlacedRange, totals: TaskTotals, pool: WorkerPool): Promise<Answer> {
    const slices = ends.map((end, i) => ({ path, start: ends[i - 1] ?? 0, end }));
    const endWatch = watchPool(pool, this.#job, this.#engineEnvironment());
    try {
      const { retries, exitCall } = this.#job;
      let requests = 0;
      const ask = createAsk({ pool, nextId: () => requests++, retries, exitCall, errorOf: plainError });
      const reply = await ask({ type: "group", slices, low, high, columns }, []);
      totals.add([], reply);
      this.#sendOutput(outputOf(reply));
      return { nodes: NO_NODES };
    } finally {
      endWatch();
    }
  }

  async #streamOf(task: StageTask, totals: TaskTotals): Promise<StreamPlan> {
    const { job, inputs } = this.#options;
    const source = await inputs.openStream(task.segments[0]?.source ?? 0);
    totals.readLinesBy(source.lineAt);
    const { formatOptions } = job.settings;
    return new StreamPlan(task, source, { job: this.#job, formatOptions, world: this.#engineEnvironment() });
  }

  #planOf({ segments, bytes }: StageTask): BatchPlan {
    const { grid, input } = this.#job;
    const splitting = {
      grid,
      separator: input.separator,
      use: chunkUseOf(this.#job),
      isScanned: input.cut === "scan",
    };
    const next = { source: 0, shift: 0 };
    return new BatchPlan({ next, segments, block: undefined, bytes }, splitting);
  }

  #engineEnvironment(): EngineEnvironment {
    const none = { packing: undefined, resumeFrom: undefined, spare: () => undefined };
    return { ...this.#options.environment, ...none, onWarning: (message) => this.#totals?.warn(message) };
  }

  #sendOutput(output: ReturnType<typeof outputOf>): void {
    if (output.tag === "kept") throw new InternalError("a stage's worker keeps its output");
    if (byteCount(output.pieces) > 0) this.#options.send({ type: "output" }, output.pieces);
  }
}

function sendRejects(rejects: readonly RecordFailure[], { environment, send }: StageOptions): void {
  if (rejects.length > 0) send({ type: "rejects" }, [environment.text.encode(printJson(rejects))]);
}

function sendDone(
  totals: TaskTotals,
  { nodes, stream }: Exclude<Answer, { readonly failed: Failed }>,
  stats: WorkerStats | undefined,
  send: StageOptions["send"],
): void {
  const { runs } = totals;
  if (runs.length > 0) send({ type: "runs", runs });
  const sample = runs.length > 0 ? [sampleOf(runs, SAMPLED_KEYS)] : [];
  send({ ...totals.done(), nodes: nodes.heads, runs: sample, stats, stream }, nodes.body);
}

/** What a task or a range has come to; of a stream also what there is to know of it. */
type Answer = TaskOutcome & { readonly stream?: StreamFound | undefined };
