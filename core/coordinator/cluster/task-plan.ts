/**
 * The plan of a cluster's tasks: files are cut into batches of whole chunks, and a stream is one task, which its stage cuts. Chunks
 * begin where they do on one machine: files follow each other on the grid, a stream and what comes behind it begin a chunk.
 */
import { type ChunkUse, nextBorder } from "../../protocol/chunk-grid.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";
import type { Job } from "../job/job.ts";
import type { BatchSource } from "../schedule/chunk-plan.ts";
import { type PlanWorld, planOf } from "../schedule/job-plan.ts";
import type { StageDone, StageFailed, StageTask } from "../stage/messages.ts";
import type { LookedSources } from "./look-at-sources.ts";

export interface PlannedTask {
  readonly batch: Batch;
  readonly stream?: StageTask["stream"];
}

export interface TaskPlanOptions extends LookedSources {
  readonly job: Job;
  readonly use: ChunkUse;
  readonly world: PlanWorld;
}

export class TaskPlan {
  readonly #options: TaskPlanOptions;
  /** The source that is given out next, and where it begins on the grid, as far as those before it say. */
  #source: number;
  #begin: number;
  /** What gives out files, up to the next stream. */
  #files: BatchSource | undefined;
  /** The stream that was given out last: where it ends may be known when the next source is wanted. */
  #stream: Segment | undefined;
  #records: number;

  constructor(options: TaskPlanOptions) {
    this.#options = options;
    const { sources, world } = options;
    const { next, counts } = world.resumeFrom ?? {};
    this.#source = next?.source ?? 0;
    this.#records = counts?.[0] ?? 0;
    const first = sources[this.#source];
    const begin = first?.kind === "file" ? first.begin : 0;
    this.#begin = next === undefined ? 0 : next.shift + begin;
    if (first?.kind !== "stream") this.#files = this.#planOfFiles(world.resumeFrom);
  }

  get hasStreams(): boolean {
    return this.#options.sources.some(({ kind }) => kind === "stream");
  }

  /** Bytes (or numbers) that are cut into tasks, before the first of them. */
  get bytes(): number {
    if (!this.hasStreams) return this.#files?.left ?? 0;
    return this.#options.sources.reduce((sum, each) => sum + (each.kind === "file" ? each.end - each.begin : 0), 0);
  }

  /** Tasks of about `bytes` each that are left, as far as is known. */
  tasksLeft(bytes: number): number {
    let left = this.#files?.left ?? 0;
    let streams = 0;
    const others = this.#options.sources.slice(this.#files === undefined ? this.#source : this.#nextStream);
    for (const each of others) {
      if (each.kind === "stream") streams++;
      else left += each.end - each.begin;
    }
    return streams + Math.ceil(left / bytes);
  }

  /** The next task, of about `bytes`; undefined when there is none. With a limit and streams, one is answered before the next. */
  async next(bytes: number): Promise<PlannedTask | undefined> {
    const { job, sources } = this.#options;
    for (;;) {
      if (this.#records >= (job.limit ?? Number.POSITIVE_INFINITY)) return undefined;
      if (this.#files === undefined) {
        this.#leaveStream();
        const source = sources[this.#source];
        if (source === undefined) return undefined;
        if (source.kind === "stream") return this.#streamTask();
        const resumeFrom = {
          next: { source: this.#source, shift: this.#begin - source.begin },
          counts: [this.#records, 0, 0, 0, 0] as const,
        };
        this.#files = this.#planOfFiles(resumeFrom);
      }
      const batch = await this.#files.next(bytes);
      if (batch !== undefined) return { batch };
      this.#leaveFiles();
    }
  }

  /** Takes note of a task's answer. @returns its batch, with what the answer says of it */
  answered({ batch, stream }: PlannedTask, { counts, stream: found }: StageDone | StageFailed): Batch {
    this.#records += counts.records;
    const [segment] = batch.segments;
    if (stream === undefined || found === undefined || segment === undefined) return batch;
    const { sizes } = this.#options;
    if (!sizes.has(segment.source)) sizes.set(segment.source, found.end);
    const { end, bytes, headerLines } = found;
    return { ...batch, segments: [{ ...segment, end, headerLines }], bytes };
  }

  get #nextStream(): number {
    const { sources } = this.#options;
    const found = sources.findIndex(({ kind }, i) => i >= this.#source && kind === "stream");
    return found === -1 ? sources.length : found;
  }

  #planOfFiles(resumeFrom: PlanWorld["resumeFrom"]): BatchSource {
    const { job, use, world, sources } = this.#options;
    return planOf({ ...job, sources: sources.slice(0, this.#nextStream) }, { ...world, resumeFrom }, use);
  }

  #leaveFiles(): void {
    this.#files = undefined;
    const end = this.#nextStream;
    for (const each of this.#options.sources.slice(this.#source, end))
      if (each.kind === "file") this.#begin += each.end - each.begin;
    this.#source = end;
  }

  #streamTask(): PlannedTask {
    const { job } = this.#options;
    const source = this.#source++;
    const shift = nextBorder(job.grid, this.#begin);
    this.#stream = { source, start: 0, end: 0, shift };
    // A block of nothing: there is no going on in the middle of a stream.
    const block = { start: 0, pieces: [] };
    const batch = { next: { source: this.#source, shift }, segments: [this.#stream], block, bytes: 0 };
    return { batch, stream: { limit: job.limit === undefined ? undefined : job.limit - this.#records } };
  }

  #leaveStream(): void {
    if (this.#stream === undefined) return;
    const { job, sizes } = this.#options;
    const { source, shift } = this.#stream;
    this.#begin = nextBorder(job.grid, shift + (sizes.get(source) ?? 0));
    this.#stream = undefined;
  }
}
