/** Runs the records of a batch's segments, chunk after chunk, wherever their bytes come from. */
import { InternalError } from "../errors.ts";
import { withBigInts } from "../formats/bigints.ts";
import type { CsvDialect } from "../formats/csv/dialect.ts";
import { isCsv } from "../formats/csv/format.ts";
import { csvParsers } from "../formats/csv/parser.ts";
import { INPUT_FORMATS } from "../formats/input.ts";
import { createJsonLines } from "../formats/json-parser/parse-lines.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import { chunkAt, chunkUse } from "../protocol/chunk-grid.ts";
import type { Done, MapRequest, Segment, WorkerSettings } from "../protocol/messages.ts";
import type { Script } from "../script/types.ts";
import { ChunkReader, type Part } from "./chunk-reader.ts";
import { CsvReader } from "./csv-reader.ts";
import { countedCursor } from "./file-cursor.ts";
import { OpenSources } from "./open-sources.ts";
import type { RecordLoop } from "./records/record-loop.ts";
import type { YieldPoint } from "./records/yield-point.ts";
import { createRecordFields } from "./script/record-fields.ts";

/** Chunks that cannot be seen in the output are read together up to this length: short ones would make short windows to parse. */
const LEAST_READ_BYTES = 16 * 1024;

/** Where the records of a chunk are, beside its own borders. */
interface ChunkSurroundings {
  readonly batchEnd: number;
  readonly block: Block | undefined;
  readonly dialect: CsvDialect | undefined;
}

/** Bytes of a stream, and the offset of the first. */
interface Block {
  readonly start: number;
  readonly bytes: Uint8Array;
}

export interface SegmentRunner {
  /** Whether a batch may be cut within a chunk: where chunks cannot be seen in the output. */
  readonly splitsChunks: boolean;
  /** Runs chunk after chunk until there is no more, or the batch's time is over: then the rest is left to others. */
  run(
    request: MapRequest,
    loop: RecordLoop,
    yieldPoint: YieldPoint | undefined,
    body: Uint8Array,
  ): Pick<Done, "lines" | "cut">;
}

export interface SegmentRunnerOptions {
  readonly settings: WorkerSettings;
  readonly script: Script;
  readonly host: WorkerHost;
  /** Whether lines may pass through as they are: then a record's fields are asked for by the filter alone. */
  readonly passesLines: boolean;
}

export function createSegmentRunner({ settings, script, host, passesLines }: SegmentRunnerOptions): SegmentRunner {
  const { text } = host;
  const { maxRecordBytes, csv } = settings;
  const format = settings.bigints ? withBigInts(INPUT_FORMATS[settings.from]) : INPUT_FORMATS[settings.from];
  const splitsChunks = chunkUse({ reduces: script.reduce !== undefined, from: settings.from }) === "unseen";
  const readsOn = splitsChunks && settings.range === undefined;
  const sources = new OpenSources(settings.sources, (path) => host.openInput(path));
  const encodeBase64 = (bytes: Uint8Array) => host.encodeBase64(bytes);
  const decodeBase64 = (base64: string) => host.decodeBase64(base64);
  const fieldsFor = createRecordFields(script, { passesLines });
  const parseLines =
    settings.from === "jsonl" && !settings.bigints ? createJsonLines(text, host.now, fieldsFor) : undefined;
  const readerOptions = {
    format,
    text,
    maxRecordBytes,
    encodeBase64,
    decodeBase64,
    parseLines,
    csv: csv && csvParsers(csv),
  };
  let idleReader: ChunkReader | undefined = new ChunkReader(readerOptions);
  const csvReader =
    isCsv(settings.from) && csv !== undefined ? new CsvReader({ csv, text, maxRecordBytes, encodeBase64 }) : undefined;
  return { run, splitsChunks };

  function run(
    request: MapRequest,
    loop: RecordLoop,
    yieldPoint: YieldPoint | undefined,
    body: Uint8Array,
  ): Pick<Done, "lines" | "cut"> {
    const reader = idleReader ?? new ChunkReader(readerOptions);
    idleReader = undefined;
    const outcome = runSegments(request, loop, reader, yieldPoint, body);
    // An asynchronous batch still holds its bytes when the next one starts to read.
    if (!loop.asynchronous) idleReader = reader;
    return outcome;
  }

  function runSegments(
    request: MapRequest,
    loop: RecordLoop,
    reader: ChunkReader,
    yieldPoint: YieldPoint | undefined,
    body: Uint8Array,
  ): Pick<Done, "lines" | "cut"> {
    const { dialect } = request;
    const block = request.blockStart === undefined ? undefined : { start: request.blockStart, bytes: body };
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
        const border = Math.max(chunk.end - segment.shift, readsOn ? start + LEAST_READ_BYTES : 0);
        const end = Math.min(border, segment.end);
        first = runChunk(loop, reader, { ...segment, start, end, first }, { batchEnd: segment.end, block, dialect });
        open = end === border || splitsChunks ? undefined : chunk.index;
        if (open === undefined) loop.endChunk(chunk.index);
        if (loop.cutAt !== undefined) {
          const at = loop.cutAt;
          const cut = { segment: i, at, first: csvReader && at, chunkMs: host.now() - beginMs };
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
    reader: ChunkReader,
    at: Segment,
    { batchEnd, block, dialect }: ChunkSurroundings,
  ): number | undefined {
    if (settings.range !== undefined) {
      loop.run(countedCursor(settings, at, host), at.source, "--range");
      return undefined;
    }
    const name = settings.sources[at.source]?.name ?? "-";
    const take = (part: Part) => {
      runPart(loop, part, at.source, name);
      return !loop.done;
    };
    if (csvReader !== undefined) {
      const written = dialect ?? settings.sources[at.source]?.dialect;
      if (written === undefined || at.first === undefined)
        throw new InternalError("the header of the CSV has not been read");
      if (block === undefined) return csvReader.readRange(sources.open(at.source), written, at.first, at.end, take);
      return csvReader.readBlock({ bytes: block.bytes, base: block.start }, written, at.first, at.end, take);
    }
    if (block === undefined) reader.readRange(sources.open(at.source), at.start, at.end, batchEnd, take);
    else reader.readBlock(block.bytes, block.start, at.start, at.end, take);
    return undefined;
  }

  function runPart(loop: RecordLoop, part: Part, source: number, name: string): void {
    if ("cursor" in part) loop.run(part.cursor, source, name);
    else loop.rejectUnread({ ...part.unreadable, source });
  }
}
