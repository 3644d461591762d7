/**
 * Running a job: an engine has its batches run, their outcomes are committed in input order.
 *
 * This file only connects. How batches are run is the engine's business (local-engine.ts), what waits is reorder-buffer.ts, what
 * becomes of an outcome is committer.ts, where bytes go is sinks.ts.
 */

import { Interrupted } from "../errors.ts";
import { Committer, type Settled } from "./commit/committer.ts";
import { sinkOf } from "./commit/packed-sink.ts";
import type { Sink } from "./commit/sinks.ts";
import type { CreateEngine, Engine } from "./engine.ts";
import type { JobEnvironment } from "./environment.ts";
import { failureOf } from "./failure-of.ts";
import type { Job, Summary } from "./job/job.ts";
import { plannedWork } from "./observer.ts";
import { ReorderBuffer } from "./schedule/reorder-buffer.ts";
import { pause, within } from "./timing.ts";

/** After a failure: how long busy workers may take to come to what they still have to write, and others to make it again. */
const WRITE_GRACE_MS = 500;
const REWRITE_MS = 5000;

export class JobRun {
  readonly #job: Job;
  readonly #environment: JobEnvironment;
  readonly #buffer: ReorderBuffer<Settled>;
  readonly #engine: Engine;
  readonly #committer: Committer;
  readonly #sink: Sink;
  #drainedEarly = false;

  constructor(job: Job, createEngine: CreateEngine, environment: JobEnvironment) {
    this.#job = job;
    this.#environment = environment;
    this.#buffer = new ReorderBuffer({
      maxOpen: () => this.#engine.window.batches,
      maxBytes: () => this.#engine.window.bytes,
      commit: (settled) => this.#committer.commit(settled),
      onChange: () => this.#engine.changed(),
      pause: () => pause(environment.after, 0),
    });
    const buffer = this.#buffer;
    this.#engine = createEngine({
      job,
      environment,
      buffer,
      write: (batch, outcome) => this.#committer.write(batch, outcome),
      columns: () => this.#sink.columns ?? environment.resumeFrom?.columns,
    });
    const { ask } = this.#engine;
    const finishGroups = this.#engine.finishGroups?.bind(this.#engine);
    this.#sink = sinkOf(environment, { ask, workers: () => this.#engine.workers.now });
    this.#committer = new Committer({
      ...environment,
      sink: this.#sink,
      job,
      runBatch: (batch) => this.#engine.runAgain(batch),
      ask,
      finishGroups,
    });
    if (environment.resumeFrom !== undefined) this.#committer.restore(environment.resumeFrom);
    environment.observer?.({ type: "planned", plan: plannedWork(job, this.#engine.cores, this.#committer.summary) });
  }

  /** What has been committed so far: it changes while the job runs. */
  get summary(): Summary {
    return this.#committer.summary;
  }

  /**
   * Runs the job to its end.
   * @throws {JobError} the first failure in input order; everything before it has been committed
   */
  async run(): Promise<Summary> {
    void this.#environment.drain.then(() => {
      this.#drainedEarly = true;
      this.#engine.drain();
    });
    const endWatch = this.#engine.watch();
    try {
      return await this.#runToEnd();
    } catch (error) {
      await this.#writeCommitted();
      // The next run goes on behind it.
      if (error instanceof Interrupted)
        await within(this.#environment.after, REWRITE_MS, failureOf(this.#committer.note()));
      throw error;
    } finally {
      endWatch();
    }
  }

  async #runToEnd(): Promise<Summary> {
    const { cancelled, observer } = this.#environment;
    const failures = [this.#engine.failed, this.#buffer.failed];
    const stopped = Promise.race(cancelled === undefined ? failures : [...failures, cancelled]);
    // Raced below; on its own it must not end the process.
    stopped.catch(() => this.#engine.lose());
    observer?.({ type: "phase", phase: "mapping" });
    // An input that cannot be read on: what comes before it is committed first.
    const inputFailure = await Promise.race([failureOf(this.#engine.run()), stopped]);
    await Promise.race([this.#buffer.empty(), stopped]);
    if (inputFailure !== undefined) throw inputFailure.error;
    await Promise.race([this.#committer.note(), stopped]);
    // Without records no worker has had to load the script. Load it anyway, so that a broken script still fails.
    await Promise.race([this.#engine.loaded(), stopped]);
    if (this.#drainedEarly) throw new Interrupted();
    observer?.({ type: "phase", phase: this.#job.reduces ? "merging" : "finishing" });
    await Promise.race([this.#committer.finish(() => this.#engine.room()), stopped]);
    const { summary } = this.#committer;
    summary.workers = this.#engine.workers.started;
    summary.bytesOut = this.#sink.position;
    return summary;
  }

  /**
   * What has been committed stands, also when the job fails. Workers that hold committed output may be
   * busy with batches that are not needed: after WRITE_GRACE_MS they are ended, and their output is computed again.
   */
  async #writeCommitted(): Promise<void> {
    const { after } = this.#environment;
    this.#engine.lose();
    // What it fails with has been told, or comes too late to be.
    const writing = this.#sink.settled().then(
      () => "written" as const,
      () => "failed" as const,
    );
    if ((await within(after, WRITE_GRACE_MS, writing)) !== undefined) return;
    this.#engine.endBusy();
    await within(after, REWRITE_MS, writing);
  }
}
