/** What a worker does for a request: run the records of a batch. What is not about records is in merge-requests.ts. */

import pLimit from "p-limit";
import { InternalError } from "../errors.ts";
import { printingBigInts, withBigInts } from "../formats/bigints.ts";
import type { CsvDialect } from "../formats/csv/dialect.ts";
import { type CsvWriter, isCsv } from "../formats/csv/format.ts";
import { csvParsers } from "../formats/csv/parser.ts";
import { INPUT_FORMATS } from "../formats/input.ts";
import { createJsonLines } from "../formats/json-parser/parse-lines.ts";
import { OUTPUT_FORMATS } from "../formats/output.ts";
import { checkIdentity } from "../platform/input-identity.ts";
import type { SpillFile, WorkerHost } from "../platform/runtime.ts";
import { chunkAt, chunkUse } from "../protocol/chunk-grid.ts";
import type { Done, MapRequest, Segment, WorkerSettings } from "../protocol/messages.ts";
import { withBoundedRecord } from "../protocol/record-failure.ts";
import { addSlowRecord } from "../protocol/slow-record.ts";
import type { Script } from "../script/types.ts";
import type { Answer } from "./answer.ts";
import { asideFor, type TellSign, tellOldest } from "./aside.ts";
import { attempt } from "./attempt.ts";
import { ChunkReader, type FileRange, type Part } from "./chunk-reader.ts";
import { csvPrinting } from "./csv-printing.ts";
import { CsvReader } from "./csv-reader.ts";
import type { Aside } from "./emitters/emitter.ts";
import { carryNodes, FoldEmitter } from "./emitters/fold.ts";
import { GroupEmitter } from "./emitters/group.ts";
import { CsvEmitter, type PiecePool, PrintEmitter, RawEmitter } from "./emitters/print.ts";
import { ReduceLaws, type ValueSample } from "./emitters/reduce-laws.ts";
import { countedCursor } from "./file-cursor.ts";
import { createMergeRunner, type MergeRunner } from "./merge-requests.ts";
import type { Sample } from "./profile/stage-timer.ts";
import type { BatchTools, RecordWatch } from "./records/batch-options.ts";
import { RecordLoop } from "./records/record-loop.ts";
import { YieldPoint } from "./records/yield-point.ts";
import { createRecordFields } from "./script/record-fields.ts";

/** Output beyond which a batch is cut: what a worker keeps is bounded, however much a record makes of itself. */
const FULL_BYTES = 8 * 1024 * 1024;

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

export interface RequestRunner extends MergeRunner {
  map(request: MapRequest, block: Uint8Array, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer>;
}

export interface RunnerOptions {
  readonly pieces: PiecePool;
  /** What times the stages of the next batch, where it is sampled. */
  readonly sample: () => Sample | undefined;
}

export function createRequestRunner(
  settings: WorkerSettings,
  script: Script,
  tools: BatchTools,
  host: WorkerHost,
  { pieces, sample: nextSample }: RunnerOptions,
): RequestRunner {
  const format = settings.bigints ? withBigInts(INPUT_FORMATS[settings.from]) : INPUT_FORMATS[settings.from];
  const outputFormat = settings.bigints ? printingBigInts(OUTPUT_FORMATS[settings.to]) : OUTPUT_FORMATS[settings.to];
  // There is only a filter: what passes, passes as it is.
  const isRaw =
    settings.from === "jsonl" && script.map === undefined && (settings.to === "jsonl" || settings.to === "json");
  const { text } = host;
  const { maxRecordBytes, timeoutMs, tellsRecords } = settings;
  const use = chunkUse({ reduces: script.reduce !== undefined, from: settings.from });
  const readsOn = use === "unseen" && settings.range === undefined;
  const files = new Map<number, FileRange>();
  const encodeBase64 = (bytes: Uint8Array) => host.encodeBase64(bytes);
  const decodeBase64 = (base64: string) => host.decodeBase64(base64);
  const fieldsFor = createRecordFields(script, { passesLines: isRaw && script.reduce === undefined });
  const parseLines =
    settings.from === "jsonl" && !settings.bigints ? createJsonLines(text, host.now, fieldsFor) : undefined;
  const readerOptions = {
    format,
    text,
    maxRecordBytes,
    encodeBase64,
    decodeBase64,
    parseLines,
    csv: settings.csv && csvParsers(settings.csv),
  };
  let idleReader: ChunkReader | undefined = new ChunkReader(readerOptions);
  const csvReader =
    isCsv(settings.from) && settings.csv !== undefined
      ? new CsvReader({ csv: settings.csv, text, maxRecordBytes, encodeBase64 })
      : undefined;

  const laws = script.reduce === undefined ? undefined : new ReduceLaws(script);
  let spill: SpillFile | undefined;

  const printing = csvPrinting(settings, text);
  const withKeys = settings.withKeys === true;
  return { map, ...createMergeRunner({ script, host, pieces, outputFormat, printing, withKeys }) };

  function map(request: MapRequest, block: Uint8Array, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer> {
    const aside = asideFor(timeoutMs, tell);
    const values = laws?.next();
    const printer = printing.createPrinter(request.columns);
    const emitter = createEmitter(aside, values, printer);
    const yieldPoint = createYieldPoint(
      request,
      tell,
      () => emitter instanceof PrintEmitter && emitter.bytes > FULL_BYTES,
    );
    // Whose time it is cannot be told where records wait for something.
    const sample = tools.observed.asynchronous || request.isolated ? undefined : nextSample();
    const batchTools = sample === undefined ? tools : { ...tools, script: sample.script(script) };
    const run = new RecordLoop(
      // One record at a time, so that a worker that dies has named one.
      request.isolated ? { ...tools, limiter: pLimit(1) } : batchTools,
      {
        onError: settings.onError,
        limit: request.limit ?? Number.POSITIVE_INFINITY,
        poisoned: request.poisoned.length > 0 ? new Map(request.poisoned) : undefined,
        watch: request.isolated ? watch : undefined,
        timeoutMs,
        yieldPoint,
        tellRunning: tellsRecords === true ? (at) => tell("running", at) : undefined,
        splitsChunks: use === "unseen",
        aside,
      },
      sample === undefined ? emitter : sample.emitter(emitter),
    );
    // An asynchronous batch still holds its bytes when the next one starts to read.
    const reader = idleReader ?? new ChunkReader(readerOptions);
    idleReader = undefined;
    const { lines, cut } = runSegments(request, run, reader, yieldPoint, block);
    const pending = run.finished();
    if (pending === undefined) {
      idleReader = reader;
      const answer = () => aside(() => answerOf(request, run, emitter, { lines, cut, values, printer, sample }));
      return sample === undefined ? answer() : sample.print(answer);
    }
    const rest = tellsRecords === true ? tellOldest(run, host.after, tell) : undefined;
    const emitted = rest === undefined ? pending : pending.finally(rest);
    return emitted.then(() => aside(() => answerOf(request, run, emitter, { lines, cut, values, printer, sample })));
  }

  /** Runs chunk after chunk until there is no more, or the batch's time is over: then the rest is left to others. */
  function runSegments(
    request: MapRequest,
    run: RecordLoop,
    reader: ChunkReader,
    yieldPoint: YieldPoint | undefined,
    body: Uint8Array,
  ): { lines: number[]; cut: Done["cut"] } {
    const { dialect } = request;
    const block = request.blockStart === undefined ? undefined : { start: request.blockStart, bytes: body };
    const lines: number[] = [];
    /** The chunk that has begun and not ended: it may go on in the next segment. */
    let open: number | undefined;
    let isFirst = true;
    for (const [i, segment] of request.segments.entries()) {
      run.startSource();
      let { first } = segment;
      for (let start = segment.start; start < segment.end; ) {
        if (open === undefined && !isFirst && !run.asynchronous && shouldYield(run, yieldPoint))
          return { lines: [...lines, run.lines], cut: { segment: i, at: start, first } };
        isFirst = false;
        const chunk = chunkAt(settings.grid, start + segment.shift);
        const beginMs = yieldPoint === undefined ? 0 : host.now();
        const border = Math.max(chunk.end - segment.shift, readsOn ? start + LEAST_READ_BYTES : 0);
        const end = Math.min(border, segment.end);
        first = runChunk(run, reader, { ...segment, start, end, first }, { batchEnd: segment.end, block, dialect });
        open = end === border || use === "unseen" ? undefined : chunk.index;
        if (open === undefined) run.endChunk(chunk.index);
        if (run.cutAt !== undefined) {
          const at = run.cutAt;
          const cut = { segment: i, at, first: csvReader && at, chunkMs: host.now() - beginMs };
          return { lines: [...lines, run.lines], cut };
        }
        start = end;
      }
      lines.push(run.lines);
    }
    if (yieldPoint !== undefined && !run.asynchronous) run.look(yieldPoint);
    // The input ends in the middle of it.
    if (open !== undefined) run.endChunk(open);
    return { lines, cut: undefined };
  }

  function shouldYield(run: RecordLoop, yieldPoint: YieldPoint | undefined): boolean {
    if (yieldPoint !== undefined) run.look(yieldPoint);
    return yieldPoint?.shouldYield === true;
  }

  /** Where every record is announced, the clock is not looked at. */
  function createYieldPoint(request: MapRequest, tell: TellSign, isFull: () => boolean): YieldPoint | undefined {
    const { budgetMs, isolated } = request;
    if (isolated || (timeoutMs === undefined && budgetMs === undefined)) return undefined;
    const beat = timeoutMs === undefined ? undefined : { everyMs: timeoutMs / 4, tell: () => tell("heartbeat") };
    return new YieldPoint({ now: host.now, beat, budgetMs, isFull, tellsRecords });
  }

  function createEmitter(
    aside: Aside,
    sample: ValueSample | undefined,
    csv: CsvWriter | undefined,
  ): PrintEmitter | FoldEmitter | GroupEmitter {
    if (script.reduce === undefined) {
      if (csv !== undefined) return new CsvEmitter(csv, text, pieces);
      const raw = { pool: pieces, trims: settings.ofValues === true };
      return isRaw ? new RawEmitter(outputFormat, text, raw) : new PrintEmitter(outputFormat, text, pieces);
    }
    if (script.key === undefined) return new FoldEmitter(script, sample);
    return new GroupEmitter({ script, spill: openSpill, spillBytes: settings.spillBytes, text, aside, sample });
  }

  function openSpill(): SpillFile {
    if (settings.spillFolder === undefined) throw new InternalError("there is no folder for sorted runs");
    spill ??= createSpill(settings.spillFolder);
    return spill;
  }

  function createSpill(folder: string): SpillFile {
    const what = `write sorted groups to "${folder}"`;
    const file = attempt(what, () => host.createSpill(folder, settings.worker));
    return { ...file, append: (bytes) => attempt(what, () => file.append(bytes)) };
  }

  function runChunk(
    run: RecordLoop,
    reader: ChunkReader,
    at: Segment,
    { batchEnd, block, dialect }: ChunkSurroundings,
  ): number | undefined {
    if (settings.range !== undefined) {
      run.run(countedCursor(settings, at, host), at.source, "--range");
      return undefined;
    }
    const name = settings.sources[at.source]?.name ?? "-";
    const take = (part: Part) => {
      runPart(run, part, at.source, name);
      return !run.done;
    };
    if (csvReader !== undefined) {
      const written = dialect ?? settings.sources[at.source]?.dialect;
      if (written === undefined || at.first === undefined)
        throw new InternalError("the header of the CSV has not been read");
      if (block === undefined) return csvReader.readRange(openSource(at.source), written, at.first, at.end, take);
      return csvReader.readBlock({ bytes: block.bytes, base: block.start }, written, at.first, at.end, take);
    }
    if (block === undefined) reader.readRange(openSource(at.source), at.start, at.end, batchEnd, take);
    else reader.readBlock(block.bytes, block.start, at.start, at.end, take);
    return undefined;
  }

  function runPart(run: RecordLoop, part: Part, source: number, name: string): void {
    if ("cursor" in part) run.run(part.cursor, source, name);
    else run.rejectUnread({ ...part.unreadable, source });
  }

  function openSource(index: number): FileRange {
    const open = files.get(index);
    if (open !== undefined) return open;
    const source = settings.sources[index];
    if (source?.path === undefined) throw new InternalError(`Cannot open source ${index}: it has no path`);
    // Many small files are read one after the other: there is no need for more than one descriptor.
    for (const range of files.values()) range.file.close();
    files.clear();
    const file = attempt(`read "${source.name}"`, () => host.openInput(source.path as string));
    checkIdentity(source, file.identity?.());
    const range = { file, name: source.name, begin: source.begin, end: source.end };
    files.set(index, range);
    return range;
  }

  function answerOf(
    request: MapRequest,
    run: RecordLoop,
    emitter: ReturnType<typeof createEmitter>,
    {
      lines,
      cut,
      values,
      printer,
      sample,
    }: Pick<Done, "lines" | "cut"> & {
      readonly values: ValueSample | undefined;
      readonly printer: CsvWriter | undefined;
      readonly sample: Sample | undefined;
    },
  ): Answer {
    const { failure, counts, rejects, counters, slowest } = run.result;
    for (const record of sample?.slowest ?? []) addSlowRecord(slowest, record);
    if (failure !== undefined) {
      const { message, stack } = failure;
      const place = { type: "failed", id: request.id, failure: withBoundedRecord(failure) } as const;
      return { head: { ...place, counts, message, stack, internal: false } };
    }
    const warning = values && laws?.check(values);
    const columns = printing.foundColumns(request.columns, printer);
    const encoded = emitter instanceof FoldEmitter ? carryNodes(emitter.nodes(), text) : { heads: [], body: [] };
    return {
      head: {
        type: "done",
        id: request.id,
        counts,
        rejects: rejects.map(withBoundedRecord),
        lines,
        counters: [...counters],
        nodes: encoded.heads,
        runs: emitter instanceof GroupEmitter ? emitter.runs : [],
        asynchronous: run.asynchronous,
        cut,
        columns,
        slowest: slowest.length > 0 ? slowest : undefined,
        warning,
      },
      output: emitter instanceof PrintEmitter ? printing.withHeader(emitter.takePieces(), columns, printer) : [],
      values: encoded.body,
    };
  }
}
