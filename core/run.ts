/**
 * Running a job: spans from the plan to the workers, outcomes through the window to the output.
 *
 * This file only connects. What a span goes through is span-task.ts, what waits is window.ts, where bytes go is
 * output.ts, what is left of a reduce is combine/.
 */
import type { Client } from "./client.ts";
import type { AskWorker } from "./combine/finish.ts";
import { Committer, type Settled } from "./committer.ts";
import { JobError } from "./failure.ts";
import { byteCount } from "./frames.ts";
import { Halt } from "./halt.ts";
import type { Job, PlacedReject, Summary } from "./job.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { Sink } from "./output.ts";
import { Pace } from "./pace.ts";
import { Plan, type Span } from "./plan.ts";
import type { Pool } from "./pool.ts";
import type { DoneReply } from "./reply.ts";
import { runSpan, type SpanOutcome, type SpanTaskOptions } from "./span-task.ts";
import { createCutter } from "./stream.ts";
import type { Text } from "./text.ts";
import { startWatchdog } from "./watchdog.ts";
import { Window } from "./window.ts";

/** What a job needs from outside core, besides its pool. */
export interface JobWorld {
  readonly sink: Sink;
  /** Calls `task` after `delayMs` unless cancelled. */
  readonly after: (delayMs: number, task: () => void) => () => void;
  /** Resolves when no new span is to be given out: a signal, or a reader that has gone. */
  readonly drain: Promise<void>;
  readonly now: () => number;
  /** Resident bytes of a process, where the system tells. */
  readonly residentBytes: (pid: number) => number | undefined;
  /** Where commits are noted, when the job can be resumed; and what an earlier run has noted. */
  readonly journal: Journal | undefined;
  readonly resumeFrom: JournalEntry | undefined;
  readonly text: Text;
  /** Resolves when the machine can take another span. */
  readonly spare: () => Promise<void> | undefined;
  /** Rejects are told in input order as their spans are committed. Resolves when they are written. */
  readonly onRejects: (rejects: readonly PlacedReject[]) => Promise<void> | undefined;
}

/** Bytes and spans that may wait for their turn, per worker: whichever comes first. A slow chunk idles nobody for long. */
const WINDOW_BYTES_PER_WORKER = 32 * 1024 * 1024;
const WINDOW_SPANS_PER_WORKER = 64;
const GROW_AFTER_MS = 15;
/** After a failure: how long busy workers may take to come to what they still have to write, and others to make it again. */
const WRITE_GRACE_MS = 500;
const REWRITE_MS = 5000;
/** What a runtime takes for itself, beside the heap that `--max-memory` limits. */
const RUNTIME_BYTES = 160 * 1024 * 1024;
const STREAM_BLOCK_BYTES = 256 * 1024;
const STREAM_FOLD_BLOCK_BYTES = 512 * 1024;
const STREAM_GROUP_BLOCK_BYTES = 4 * 1024 * 1024;

export class JobRun {
  readonly #job: Job;
  readonly #pool: Pool;
  readonly #world: JobWorld;
  readonly #plan: Plan;
  readonly #pace: Pace;
  readonly #window: Window<Settled>;
  readonly #committer: Committer;
  readonly #taskOptions: Omit<SpanTaskOptions, "isLost">;
  #nextId = 0;
  /** Nothing new is given out. */
  readonly #halt = new Halt();
  #drainedEarly = false;
  /** The job has failed: what is under way is not wanted any more. */
  #lost = false;
  #stopGrowing = () => {};
  #unorderedTail: Promise<void> = Promise.resolve();

  constructor(job: Job, pool: Pool, world: JobWorld) {
    this.#job = job;
    this.#pool = pool;
    this.#world = world;
    const { chunkBytes, maxSpanBytes, concurrency } = job;
    this.#plan = new Plan({
      sources: job.sources,
      chunkBytes,
      maxSpanBytes,
      rangeCount: job.range?.count,
      cut: (source) =>
        createCutter(source, {
          separator: job.separator,
          blockBytes: job.keyed ? STREAM_GROUP_BLOCK_BYTES : job.reduces ? STREAM_FOLD_BLOCK_BYTES : STREAM_BLOCK_BYTES,
          policy: job.reduces ? "exact" : "prompt",
          maxRecordBytes: job.maxRecordBytes,
          after: world.after,
        }),
    });
    this.#pace = new Pace({ workers: () => pool.size, chunkBytes, maxSpanBytes, concurrency });
    this.#window = new Window({
      maxOpen: () => pool.size * Math.max(WINDOW_SPANS_PER_WORKER, this.#pace.depth()),
      maxBytes: () => pool.size * WINDOW_BYTES_PER_WORKER,
      commit: (settled) => this.#committer.commit(settled),
    });
    this.#committer = new Committer({
      ...world,
      job,
      runSpan: (span, limit) => this.#runSpan(span, limit, "wanted"),
      ask: (request, body) => this.#ask(request, body),
      onLimit: () => this.#halt.halt(),
    });
    if (world.resumeFrom !== undefined) {
      this.#plan.startAt(world.resumeFrom.next);
      this.#committer.restore(world.resumeFrom);
    }
    this.#taskOptions = {
      acquire: (alone) => pool.available(alone ? () => 1 : () => this.#pace.depth()),
      nextId: () => this.#nextId++,
      retries: job.retries,
      timeoutMs: job.timeoutMs,
    };
  }

  /**
   * Runs the job to its end.
   * @throws {JobError} the first failure in input order; everything before it has been committed
   */
  async run(): Promise<Summary> {
    void this.#world.drain.then(() => {
      this.#drainedEarly = true;
      this.#halt.halt();
    });
    const { timeoutMs, maxMemoryBytes } = this.#job;
    const stopWatching = startWatchdog({
      ...this.#world,
      clients: () => this.#pool.clients(),
      timeoutMs,
      maxResidentBytes: maxMemoryBytes === undefined ? undefined : maxMemoryBytes + RUNTIME_BYTES,
    });
    try {
      return await this.#runToEnd();
    } catch (error) {
      await this.#writeCommitted();
      throw error;
    } finally {
      stopWatching();
      this.#stopGrowing();
    }
  }

  async #runToEnd(): Promise<Summary> {
    const stopped = Promise.race([this.#pool.failed, this.#window.failed]);
    // Raced below; on its own it must not end the process.
    stopped.catch(() => this.#halt.halt());
    if (this.#committer.limitReached) this.#halt.halt();
    this.#growWhileBusy();
    await Promise.race([this.#dispatch(), stopped]);
    await Promise.race([this.#window.empty(), stopped]);
    await Promise.race([this.#committer.note(), stopped]);
    if (this.#drainedEarly) throw new Interrupted();
    await Promise.race([this.#committer.finish(async () => void (await this.#pool.available(() => 2))), stopped]);
    const { summary } = this.#committer;
    summary.workers = this.#pool.spawned;
    summary.bytesOut = this.#world.sink.position;
    return summary;
  }

  /**
   * What has been committed stands, also when the job fails. Workers that are still to write some of it may be busy with
   * what nobody wants any more: after a moment they are ended, and what they kept is made again.
   */
  async #writeCommitted(): Promise<void> {
    this.#halt.halt();
    this.#lost = true;
    // What it fails with has been told, or comes too late to be.
    const writing = this.#world.sink.settled().then(
      () => "written" as const,
      () => "failed" as const,
    );
    if ((await Promise.race([writing, this.#pause(WRITE_GRACE_MS)])) !== undefined) return;
    for (const client of this.#pool.clients()) if (client.load > 0) client.kill();
    await Promise.race([writing, this.#pause(REWRITE_MS)]);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#world.after(delayMs, resolve));
  }

  /** More workers while there is more to do than the present ones get done: a tiny job never pays for a second one. */
  #growWhileBusy(): void {
    const { cores } = this.#job;
    if (this.#pool.size >= cores || this.#halt.halted) return;
    this.#stopGrowing = this.#world.after(GROW_AFTER_MS, () => {
      const left = this.#plan.left;
      const more = left === undefined || left > 0;
      if (more && this.#pool.saturated) this.#pool.grow(Math.min(cores, this.#pool.size * 2));
      if (more) this.#growWhileBusy();
    });
  }

  async #dispatch(): Promise<void> {
    const halt = this.#halt;
    while (!halt.halted) {
      await halt.unless(this.#window.room());
      await halt.unless(Promise.resolve(this.#world.spare()));
      const client = await halt.unless(this.#pool.available(() => this.#pace.depth()));
      if (client === undefined) return;
      // A worker is free: only now is it decided how much it gets, and only now is a stream read.
      const next = this.#nextSpan();
      const span = next instanceof Promise ? await halt.unless(next) : next;
      if (span === undefined) return;
      this.#giveOut(span, client);
    }
  }

  #nextSpan(): Span | undefined | Promise<Span | undefined> {
    return this.#plan.next(this.#pace.chunks(this.#plan.left));
  }

  #giveOut(span: Span, client: Client): void {
    const settle = this.#window.admit(span.block === undefined ? 0 : span.bytes);
    const usable = client.load < this.#pace.depth() ? client : undefined;
    // Detached: both ends settle the span, and the window reports what a commit throws.
    void this.#runSpan(span, undefined, "unless lost", usable).then(
      (outcome) => this.#settle(settle, span, outcome),
      (error: unknown) => settle({ span, outcome: { tag: "error", error }, written: false }, 0),
    );
  }

  async #runSpan(
    span: Span,
    limit: number | undefined,
    purpose: "wanted" | "unless lost",
    first?: Client,
  ): Promise<SpanOutcome> {
    const isLost = () => purpose === "unless lost" && this.#lost;
    const outcome = await runSpan(span, limit, { ...this.#taskOptions, isLost }, first);
    if (outcome.tag === "done") {
      const { counts } = outcome.done;
      if (this.#job.recycle !== undefined) this.#pool.recycle(outcome.client, counts.records, this.#job.recycle);
      this.#pace.learn({ ...outcome.done, chunks: span.chunks, records: counts.records });
    }
    return outcome;
  }

  #settle(settle: (settled: Settled, bytes: number) => void, span: Span, outcome: SpanOutcome): void {
    if (outcome.tag === "failed") {
      // Nothing after a failure is worth starting; what came before it is still committed.
      this.#halt.halt();
      settle({ span, outcome, written: false }, 0);
      return;
    }
    const bytes = outcome.done.bytes + byteCount(outcome.body);
    if (this.#job.ordered) {
      settle({ span, outcome, written: false }, bytes);
      return;
    }
    const release = this.#window.hold(bytes);
    this.#unorderedTail = this.#unorderedTail.then(() => this.#committer.write(span, outcome)).finally(release);
    void this.#unorderedTail.then(
      () => settle({ span, outcome, written: true }, 0),
      (error: unknown) => settle({ span, outcome: { tag: "error", error }, written: true }, 0),
    );
  }

  /** A request that is not about records: a death costs a retry on another worker. */
  async #ask(request: Parameters<AskWorker>[0], body: readonly Uint8Array[]): Promise<DoneReply> {
    for (let deaths = 0; ; ) {
      const client = await this.#pool.available(() => 2);
      const reply = await client.request({ ...request, id: this.#nextId++ }, body);
      if (reply.tag === "done") return reply;
      if (reply.tag === "failed") throw this.#committer.plainError(reply.failed);
      // A worker may also die of what it was asked before.
      if (reply.death.blamed && ++deaths > this.#job.retries)
        throw new JobError("Cannot merge partial results: the workers that merge them die");
    }
  }
}

/** Somebody has asked the job to stop, and it has, in order. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
