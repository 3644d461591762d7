/** What a worker does for a request: run the records of a batch. What is not about records is in merge-requests.ts. */

import pLimit from "p-limit";
import { InternalError } from "../errors.ts";
import { printingBigInts } from "../formats/bigints.ts";
import type { InputCodec, TableWriter } from "../formats/codec.ts";
import { inputCodec, outputCodec } from "../formats/codecs.ts";
import { rangeCodec } from "../formats/range.ts";
import type { SpillFile, WorkerHost } from "../platform/runtime.ts";
import type { Done, MapRequest } from "../protocol/messages.ts";
import { withBoundedRecord } from "../protocol/record-failure.ts";
import { addSlowRecord } from "../protocol/slow-record.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import type { Script } from "../script/types.ts";
import type { Answer } from "./answer.ts";
import { asideFor, type TellSign, tellOldest } from "./aside.ts";
import { attempt } from "./attempt.ts";
import type { Aside } from "./emitters/emitter.ts";
import { carryNodes, FoldEmitter } from "./emitters/fold.ts";
import { GroupEmitter } from "./emitters/group.ts";
import type { GroupTable } from "./emitters/group-table.ts";
import { type PiecePool, PrintEmitter, RawEmitter, TableEmitter } from "./emitters/print.ts";
import { ReduceLaws, type ValueSample } from "./emitters/reduce-laws.ts";
import { createMergeRunner, type MergeRunner } from "./merge-requests.ts";
import type { Sample } from "./profile/stage-timer.ts";
import type { BatchTools, RecordWatch } from "./records/batch-options.ts";
import { RecordLoop } from "./records/record-loop.ts";
import { YieldPoint } from "./records/yield-point.ts";
import { createSegmentRunner, type ReadBatch } from "./segment-runner.ts";
import { tablePrinting } from "./table-printing.ts";

/** Output beyond which a batch is cut: what a worker keeps is bounded, however much a record makes of itself. */
const FULL_BYTES = 8 * 1024 * 1024;

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
  const output = outputCodec(settings.to);
  const printed = settings.bigints ? printingBigInts(output) : output;
  const input = inputOf(settings);
  // There is only a filter: what passes, passes as it is.
  const isRaw = isJson(input) && script.map === undefined && output.isJson === true;
  const { text } = host;
  const { timeoutMs, tellsRecords, retryThrows } = settings;
  const passesLines = isRaw && script.reduce === undefined;
  const segments = createSegmentRunner({ codec: input, settings, script, host, passesLines });
  const laws = script.reduce === undefined ? undefined : new ReduceLaws(script);
  const idleTables: GroupTable[] = [];
  let spill: SpillFile | undefined;

  const printing = tablePrinting(output, settings.formatOptions, text);
  const withKeys = settings.withKeys === true;
  return { map, ...createMergeRunner({ script, host, pieces, outputCodec: printed, printing, withKeys }) };

  function map(request: MapRequest, body: Uint8Array, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer> {
    const reader = segments.readerFor(request);
    if (reader instanceof Promise)
      return reader.then((loaded) => runMap({ request, body, reader: loaded }, watch, tell));
    return runMap({ request, body, reader }, watch, tell);
  }

  function runMap(batch: ReadBatch, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer> {
    const { request } = batch;
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
        retryThrows,
        yieldPoint,
        tellRunning: tellsRecords === true ? (at) => tell("running", at) : undefined,
        splitsChunks: segments.splitsChunks,
        aside,
      },
      sample === undefined ? emitter : sample.emitter(emitter),
    );
    const { lines, cut } = segments.run(batch, run, yieldPoint);
    const pending = run.finished();
    if (pending === undefined) {
      const answer = () => aside(() => answerOf(request, run, emitter, { lines, cut, values, printer, sample }));
      return sample === undefined ? answer() : sample.print(answer);
    }
    const rest = tellsRecords === true ? tellOldest(run, host.after, tell) : undefined;
    const emitted = rest === undefined ? pending : pending.finally(rest);
    return emitted.then(() => aside(() => answerOf(request, run, emitter, { lines, cut, values, printer, sample })));
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
    table: TableWriter | undefined,
  ): PrintEmitter | FoldEmitter | GroupEmitter {
    if (script.reduce === undefined) {
      if (table !== undefined) return new TableEmitter(table, text, pieces);
      const raw = { pool: pieces, trims: settings.ofValues === true };
      return isRaw ? new RawEmitter(printed, text, raw) : new PrintEmitter(printed, text, pieces);
    }
    if (script.key === undefined) return new FoldEmitter(script, sample);
    const { spillBytes } = settings;
    return new GroupEmitter({ script, spill: openSpill, spillBytes, text, idleTables, aside, sample });
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
      readonly printer: TableWriter | undefined;
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

function inputOf({ from, range }: WorkerSettings): InputCodec {
  return range === undefined ? inputCodec(from) : rangeCodec;
}

function isJson(input: InputCodec): boolean {
  return input.cut === "line" && input.isJson === true;
}
