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
import type { Settled } from "../commit/committer.ts";
import { rangesOf, sampleOf, sliceOf } from "../commit/key-ranges.ts";
import { mostRejects } from "../commit/max-errors.ts";
import type { CarriedNodes } from "../commit/partials.ts";
import { plainError } from "../commit/totals.ts";
import type { EngineEnvironment } from "../environment.ts";
import { chunkUseOf, type Job } from "../job/job.ts";
import { localEngine } from "../local-engine.ts";
import { ReorderBuffer } from "../schedule/reorder-buffer.ts";
import { type AskWorker, createAsk } from "../workers/call-any.ts";
import { NO_COUNTS, nodesOf, outputOf } from "../workers/reply.ts";
import { watchPool } from "../workers/watch-pool.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import { BatchPlan } from "./batch-plan.ts";
import { MeasuredWork } from "./measured-work.ts";
import type { CutRuns, FromStage, PlacedRange, StageJob, StageTask } from "./messages.ts";
import { TaskTotals } from "./task-totals.ts";

/** Nodes of the merge tree that travel as they are; more are merged first. */
const MAX_NODES = 16;
const NO_NODES: CarriedNodes = { heads: [], body: [] };
/** Keys of a task's sorted runs that travel to where cuts are chosen. */
const SAMPLED_KEYS = 32;

export interface StageOptions {
  readonly job: StageJob;
  /** Makes a pool of one worker that has its settings. */
  readonly createPool: (onWarning: (message: string) => void) => WorkerPool;
  readonly environment: Omit<EngineEnvironment, "packing" | "resumeFrom" | "spare" | "observer">;
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
      if (job.tearsDown) await this.#tearDown(totals);
      if ("failed" in answer) send(totals.failedOf(answer.failed));
      else sendDone(totals, answer.nodes, this.#measured.since(pool), send);
    } catch (error) {
      send({ ...failedWith(error), id: task.id });
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
    await pool?.stop();
    pool?.left.checkTeardown();
    totals.count(pool?.left.counters ?? []);
  }

  async #answer(task: StageTask, totals: TaskTotals, pool: WorkerPool): Promise<Answer> {
    const engine = localEngine(pool, this.#planOf(task));
    let failed: Failed | undefined;
    let isHopeless = false;
    const buffer = new ReorderBuffer<Settled>({
      maxOpen: () => work.window.batches,
      maxBytes: () => work.window.bytes,
      commit: ({ batch, outcome }) => {
        if (failed !== undefined || isHopeless || outcome.tag === "unwanted") return undefined;
        if (outcome.tag === "done") {
          totals.add(batch.segments, outcome);
          this.#sendOutput(outputOf(outcome));
          sendRejects(totals.takeRejects(), this.#options);
          isHopeless = totals.rejected >= mostRejects(this.#job.maxErrors);
        } else failed = outcome.tag === "failed" ? outcome.failed : failedWith(outcome.error);
        // The job ends with this task, if not before: the rest of it is not wanted.
        if (failed !== undefined || isHopeless) work.lose();
        return undefined;
      },
      onChange: () => work.changed(),
    });
    const work = engine({
      job: this.#job,
      environment: this.#engineEnvironment(),
      buffer,
      write: () => undefined,
      columns: () => task.columns,
    });
    const endWatch = work.watch();
    try {
      await Promise.race([work.run(), buffer.failed]);
      await Promise.race([buffer.empty(), buffer.failed]);
      if (failed !== undefined) return { failed };
      const nodes = totals.nodes.heads.length > MAX_NODES ? await merged(totals.nodes, work.ask) : totals.nodes;
      return { nodes };
    } finally {
      endWatch();
    }
  }

  async #merge({ path, ends, low, high, columns }: PlacedRange, totals: TaskTotals, pool: WorkerPool): Promise<Answer> {
    const slices = ends.map((end, i) => ({ path, start: ends[i - 1] ?? 0, end }));
    const endWatch = watchPool(pool, this.#job, this.#engineEnvironment());
    try {
      const { retries } = this.#job;
      let requests = 0;
      const ask = createAsk({ pool, nextId: () => requests++, retries, errorOf: plainError });
      const reply = await ask({ type: "group", slices, low, high, columns }, []);
      totals.add([], reply);
      this.#sendOutput(outputOf(reply));
      return { nodes: NO_NODES };
    } finally {
      endWatch();
    }
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
    return { ...this.#options.environment, packing: undefined, resumeFrom: undefined, spare: () => undefined };
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
  { heads, body }: CarriedNodes,
  stats: WorkerStats | undefined,
  send: StageOptions["send"],
): void {
  const { runs } = totals;
  if (runs.length > 0) send({ type: "runs", runs });
  const sample = runs.length > 0 ? [sampleOf(runs, SAMPLED_KEYS)] : [];
  send({ ...totals.done(), nodes: heads, runs: sample, stats }, body);
}

type Answer = { readonly failed: Failed } | { readonly nodes: CarriedNodes };

async function merged(nodes: CarriedNodes, ask: AskWorker): Promise<CarriedNodes> {
  const { done, body } = await ask({ type: "merge", nodes: nodes.heads, final: false }, nodes.body);
  return nodesOf(done, body);
}

function failedWith(error: unknown): Failed {
  const { message } = error as Error;
  const internal = error instanceof InternalError;
  return { type: "failed", id: 0, failure: undefined, counts: NO_COUNTS, message, stack: "", internal };
}
