/** The plan of a task that is all of a stream: it is cut as it comes, as it would be where nothing else runs. */
import type { Header } from "../../formats/format.ts";
import { inputNamed } from "../../formats/registry.ts";
import type { WorkerSettings } from "../../protocol/worker-settings.ts";
import type { Batch } from "../job/batch.ts";
import type { Job } from "../job/job.ts";
import type { StreamSource } from "../job/source.ts";
import type { Pace } from "../schedule/batch-end.ts";
import type { BatchSource } from "../schedule/chunk-plan.ts";
import { type PlanWorld, planOf } from "../schedule/job-plan.ts";
import type { StageTask, StreamFound } from "./messages.ts";

export interface StreamPlanOptions {
  readonly job: Job;
  readonly formatOptions: WorkerSettings["formatOptions"];
  readonly world: PlanWorld;
}

const NO_COUNTS = [0, 0, 0, 0, 0] as const;

export class StreamPlan implements BatchSource {
  readonly #plan: BatchSource;
  /** The source's number in the job. */
  readonly #source: number;
  #header: Header | undefined;
  #end = 0;
  #bytes = 0;

  constructor({ segments, stream }: StageTask, source: StreamSource, { job, formatOptions, world }: StreamPlanOptions) {
    const [{ source: index, shift } = { source: 0, shift: 0 }] = segments;
    this.#source = index;
    // What has come along of it is no more than JSON keeps.
    const { codec, skipsBlank } = job.input;
    const input = codec === undefined ? { ...inputNamed(job.from), skipsBlank } : job.input;
    const decode = (bytes: Uint8Array) => world.text.decode(bytes, 0, bytes.length);
    const isUtf8 = (bytes: Uint8Array) => world.text.isUtf8(bytes, 0, bytes.length);
    const readHeader = (name: string, bytes: Uint8Array, complete: boolean) => {
      if (input.cut !== "scan" || formatOptions === undefined) return undefined;
      this.#header = input.readHeader(bytes, { ...formatOptions, name, complete, decode, isUtf8 });
      return this.#header;
    };
    const only = { ...job, input, sources: [source], readHeader, limit: stream?.limit };
    const resumeFrom = { next: { source: 0, shift }, counts: NO_COUNTS };
    this.#plan = planOf(only, { ...world, resumeFrom });
  }

  get left(): number | undefined {
    return this.#plan.left;
  }

  async next(bytes: number, pace?: Pace): Promise<Batch | undefined> {
    const batch = await this.#plan.next(bytes, pace);
    if (batch === undefined) return undefined;
    this.#bytes += batch.bytes;
    this.#end = batch.segments.at(-1)?.end ?? this.#end;
    const segments = batch.segments.map((segment) => ({ ...segment, source: this.#source }));
    return { ...batch, segments, next: { ...batch.next, source: batch.next.source + this.#source } };
  }

  /** What there is to know of the stream, when all of it has been given out. */
  get found(): StreamFound {
    const { lines: headerLines, warnings = [] } = this.#header ?? {};
    return { end: this.#end, bytes: this.#bytes, headerLines, warnings };
  }
}
