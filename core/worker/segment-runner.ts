/** Runs the records of a batch's segments, chunk after chunk, wherever their bytes come from. */
import { JobError } from "../errors.ts";
import { withBigInts } from "../formats/bigints.ts";
import type { InputCodec } from "../formats/codec.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import { chunkAt, chunkUse } from "../protocol/chunk-grid.ts";
import type { Done, MapRequest, Segment } from "../protocol/messages.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import type { Script } from "../script/types.ts";
import type { Aside } from "./emitters/emitter.ts";
import { type ChunkSurroundings, createRecordReaders, type RecordReader, type RecordReaders } from "./record-reader.ts";
import type { PlaceBetween } from "./records/place.ts";
import type { RecordLoop } from "./records/record-loop.ts";
import type { YieldPoint } from "./records/yield-point.ts";
import { createRecordFields } from "./script/record-fields.ts";
import type { Part } from "./unreadable.ts";

/** Chunks that cannot be seen in the output are read together up to this length: short ones would make short windows to parse. */
const LEAST_READ_BYTES = 16 * 1024;
/** The same of records that are counted. */
const LEAST_READ_UNITS = 4096;

export interface SegmentRunner {
  /** Whether a batch may be cut within a chunk: where chunks cannot be seen in the output. */
  readonly splitsChunks: boolean;
  /** What reads a batch; a promise where there is something to wait for. */
  readerFor(request: MapRequest): RecordReader | Promise<RecordReader>;
  /** What is wrong with the source that is being read, as a whole, behind "its". */
  readonly damageOf: RecordReaders["damageOf"];
  /** Runs chunk after chunk until there is no more, or the batch's time is over: then the rest is left to others. */
  run(batch: ReadBatch, loop: RecordLoop, yieldPoint: YieldPoint | undefined): Pick<Done, "lines" | "cut">;
  /** How far a batch has come that has left records to others after it had read them. */
  cutBack(reached: Pick<Done, "lines" | "cut">, leftAt: PlaceBetween | undefined): Pick<Done, "lines" | "cut">;
}

/** A request, and what reads its records. */
export interface ReadBatch {
  readonly request: MapRequest;
  readonly body: Uint8Array;
  readonly reader: RecordReader;
  readonly aside: Aside;
}

export interface SegmentRunnerOptions {
  readonly codec: InputCodec;
  readonly settings: WorkerSettings;
  readonly script: Script;
  readonly host: WorkerHost;
  /** Whether lines may pass through as they are: then a record's fields are asked for by the filter alone. */
  readonly passesLines: boolean;
}

export function createSegmentRunner(options: SegmentRunnerOptions): SegmentRunner {
  const { settings, script, host, passesLines } = options;
  const codec = settings.bigints ? withBigInts(options.codec) : options.codec;
  const isScanned = codec.cut === "scan" || codec.cut === "loaded";
  const isCounted = codec.cut === "units";
  const chunkIsRecord = codec.cut === "line" && codec.openChunk !== undefined;
  const splitsChunks = chunkUse({ reduces: script.reduce !== undefined, chunkIsRecord }) === "unseen";
  const leastRead = !splitsChunks ? 0 : isCounted ? LEAST_READ_UNITS : LEAST_READ_BYTES;
  const fieldsFor = createRecordFields(script, { passesLines });
  const readers = createRecordReaders({ codec, settings, host, fieldsFor });
  return { run, cutBack, splitsChunks, readerFor: readers.readerFor, damageOf: readers.damageOf };

  function run(batch: ReadBatch, loop: RecordLoop, yieldPoint: YieldPoint | undefined): Pick<Done, "lines" | "cut"> {
    const outcome = runSegments(batch, loop, yieldPoint);
    if (!loop.asynchronous) readers.giveBack(batch.reader);
    return outcome;
  }

  function cutBack(
    reached: Pick<Done, "lines" | "cut">,
    leftAt: PlaceBetween | undefined,
  ): Pick<Done, "lines" | "cut"> {
    if (leftAt === undefined) return reached;
    const { segment, at, lines } = leftAt;
    return {
      lines: [...reached.lines.slice(0, segment), lines],
      cut: { segment, at, first: isScanned ? at : undefined },
    };
  }

  function runSegments(
    { request, body, reader, aside }: ReadBatch,
    loop: RecordLoop,
    yieldPoint: YieldPoint | undefined,
  ): Pick<Done, "lines" | "cut"> {
    const { dialect } = request;
    const block = request.blockStart === undefined ? undefined : { start: request.blockStart, bytes: body };
    const around = { block, dialect, aside: unclocked(aside, host.now, yieldPoint) };
    const lines: number[] = [];
    /** The chunk that has begun and not ended: it may go on in the next segment. */
    let open: number | undefined;
    let isFirst = true;
    for (const [i, segment] of request.segments.entries()) {
      loop.startSource();
      let { first } = segment;
      for (let start = segment.start; start < segment.end; ) {
        if (open === undefined && !isFirst && !loop.asynchronous && shouldYield(loop, yieldPoint))
          return { lines: [...lines, loop.lines], cut: { segment: i, at: start, first } };
        isFirst = false;
        const chunk = chunkAt(settings.grid, start + segment.shift);
        const beginMs = yieldPoint === undefined ? 0 : host.now();
        const border = Math.max(chunk.end - segment.shift, start + leastRead);
        const end = Math.min(border, segment.end);
        const { records } = loop.result.counts;
        try {
          first = runChunk(loop, reader, { ...segment, start, end, first }, { ...around, batchEnd: segment.end });
        } catch (error) {
          // What stands before it is worth committing: the rest is given out again, and fails at its beginning.
          const isFirstHere = i === 0 && start === segment.start;
          const mayCut = request.budgetMs !== undefined && open === undefined && !isFirstHere && !loop.asynchronous;
          if (!mayCut || !(error instanceof JobError) || loop.result.counts.records > records) throw error;
          return { lines: [...lines, loop.lines], cut: { segment: i, at: start, first } };
        }
        open = end === border || splitsChunks ? undefined : chunk.index;
        if (open === undefined) loop.endChunk(chunk.index);
        if (loop.cutAt !== undefined) {
          const at = loop.cutAt;
          // What has been started asynchronously takes its time later.
          const chunkMs = loop.asynchronous ? undefined : host.now() - beginMs;
          const cut = { segment: i, at, first: isScanned ? at : undefined, chunkMs };
          return { lines: [...lines, loop.lines], cut };
        }
        start = end;
      }
      lines.push(loop.lines);
    }
    if (yieldPoint !== undefined && !loop.asynchronous) loop.look(yieldPoint);
    // The input ends in the middle of it.
    if (open !== undefined) loop.endChunk(open);
    return { lines, cut: undefined };
  }

  function shouldYield(loop: RecordLoop, yieldPoint: YieldPoint | undefined): boolean {
    if (yieldPoint !== undefined) loop.look(yieldPoint);
    return yieldPoint?.shouldYield === true;
  }

  function runChunk(
    loop: RecordLoop,
    reader: RecordReader,
    at: Segment,
    around: ChunkSurroundings,
  ): number | undefined {
    const { source } = at;
    // What is counted has an origin for each record, but for numbers.
    const name = isCounted ? "--range" : (settings.sources[source]?.name ?? "-");
    return reader.read(at, around, (part) => {
      runPart(loop, part, source, name);
      return !loop.done;
    });
  }

  function runPart(loop: RecordLoop, part: Part, source: number, name: string): void {
    if ("cursor" in part) loop.run(part.cursor, source, name);
    else loop.rejectUnread({ ...part.unreadable, source });
  }
}

/** What it does takes nothing of the batch's time. */
function unclocked(aside: Aside, now: () => number, yieldPoint: YieldPoint | undefined): ChunkSurroundings["aside"] {
  return (work) => {
    const beginMs = now();
    try {
      return aside(work);
    } finally {
      yieldPoint?.standStill(now() - beginMs);
    }
  };
}
