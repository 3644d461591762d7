/** What a worker does for a request: run the records of a batch. What is not about records is in merge-requests.ts. */

import pLimit from "p-limit";
import { printingBigInts } from "../formats/bigints.ts";
import type { InputCodec, OutputCodec } from "../formats/codec.ts";
import { inputCodec } from "../formats/codecs.ts";
import { valueLines } from "../formats/json.ts";
import { rangeCodec } from "../formats/range.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { MapRequest } from "../protocol/messages.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import type { Script } from "../script/types.ts";
import type { Answer } from "./answer.ts";
import { asideFor, type TellSign, tellOldest } from "./aside.ts";
import { createEmitters } from "./emitters/create-emitter.ts";
import type { PiecePool } from "./emitters/print.ts";
import { ReduceLaws } from "./emitters/reduce-laws.ts";
import { mapAnswer } from "./map-answer.ts";
import { createMergeRunner, type MergeRunner } from "./merge-requests.ts";
import type { Sample } from "./profile/stage-timer.ts";
import type { BatchOptions, BatchTools, RecordWatch } from "./records/batch-options.ts";
import { Places } from "./records/places.ts";
import { RecordLoop } from "./records/record-loop.ts";
import { YieldPoint } from "./records/yield-point.ts";
import { createSegmentRunner, type ReadBatch } from "./segment-runner.ts";
import { tablePrinting } from "./table-printing.ts";

/** Output beyond which a batch is cut: what a worker keeps is bounded, however much a record makes of itself. */
const FULL_BYTES = 8 * 1024 * 1024;

/** A batch whose reader has been waited for. */
interface LoadedBatch extends Omit<ReadBatch, "aside"> {
  readonly waitedMs: number;
}

export interface RequestRunner extends MergeRunner {
  /** Batches that may be cut end in front of the first record that waits to be started, those that come later, too. */
  halt(): void;
  map(request: MapRequest, block: Uint8Array, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer>;
}

export interface RunnerOptions {
  readonly pieces: PiecePool;
  /** What times the stages of the next batch, where it is sampled. */
  readonly sample: () => Sample | undefined;
  /** What prints, loaded. */
  readonly output: OutputCodec;
}

export function createRequestRunner(
  settings: WorkerSettings,
  script: Script,
  tools: BatchTools,
  host: WorkerHost,
  { pieces, sample: nextSample, output }: RunnerOptions,
): RequestRunner {
  const printed = settings.bigints ? printingBigInts(output) : output;
  const input = inputOf(settings);
  // There is only a filter: what passes, passes as it is.
  const isRaw = isJson(input) && script.map === undefined && output.isJson === true;
  const { text } = host;
  const { timeoutMs, tellsRecords, retryThrows } = settings;
  const prints = script.reduce === undefined;
  const passesLines = isRaw && prints;
  const segments = createSegmentRunner({ codec: input, settings, script, host, passesLines });
  const createEmitter = createEmitters({ settings, script, host, pieces, codec: printed, isRaw });
  const laws = script.reduce === undefined ? undefined : new ReduceLaws(script);
  const printing = tablePrinting(output, settings.formatOptions, text);
  const withKeys = settings.withKeys === true;
  const running = new Set<RecordLoop>();
  let halted = false;
  return { map, halt, ...createMergeRunner({ script, host, pieces, outputCodec: printed, printing, withKeys }) };

  function halt(): void {
    halted = true;
    for (const run of running) run.halt();
  }

  function map(request: MapRequest, body: Uint8Array, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer> {
    const reader = segments.readerFor(request);
    if (!(reader instanceof Promise)) return runMap({ request, body, reader, waitedMs: 0 }, watch, tell);
    const beginMs = host.now();
    return reader.then((loaded) =>
      runMap({ request, body, reader: loaded, waitedMs: host.now() - beginMs }, watch, tell),
    );
  }

  function runMap(batch: LoadedBatch, watch: RecordWatch, tell: TellSign): Answer | Promise<Answer> {
    const { request } = batch;
    const aside = asideFor(timeoutMs, tell);
    const values = laws?.next();
    const table = printing.createPrinter(request.columns);
    const emitter = createEmitter({ aside, sample: values, table });
    const yieldPoint = createYieldPoint(request, tell, () => emitter.bytes > FULL_BYTES);
    // Whose time it is cannot be told where records wait for something.
    const timer = tools.observed.asynchronous || request.isolated ? undefined : nextSample();
    const run = new RecordLoop(
      toolsFor(request, timer),
      optionsFor(request, { aside, yieldPoint, watch, tell }),
      timer === undefined ? emitter : timer.emitter(emitter),
    );
    if (halted) run.halt();
    const { lines, cut } = segments.run({ ...batch, aside }, run, yieldPoint);
    const pending = run.finished();
    // What it has started takes its time: others need not wait for that.
    if (pending !== undefined && cut !== undefined) tell("cut", { cut, records: run.result.counts.records });
    const reached = { lines, cut: pending === undefined ? cut : undefined };
    const asideMs = batch.waitedMs + (yieldPoint?.stillMs ?? 0);
    const warning = () => values && laws?.check(values);
    const slowest = () => timer?.slowest ?? [];
    const answer = () =>
      aside(() => {
        const told = segments.cutBack(reached, run.leftAt);
        return mapAnswer(
          { request, prints, run, emitter, reached: told, table, slowest, warning, asideMs },
          printing,
          text,
        );
      });
    if (pending === undefined) return timer === undefined ? answer() : timer.print(answer);
    running.add(run);
    const rest = tellsRecords === true ? tellOldest(run, host.after, tell) : () => {};
    const end = () => {
      running.delete(run);
      rest();
    };
    return pending.finally(end).then(answer);
  }

  function toolsFor({ isolated }: MapRequest, timer: Sample | undefined): BatchTools {
    // One record at a time, so that a worker that dies has named one.
    if (isolated) return { ...tools, places: new Places(pLimit(1)) };
    return timer === undefined ? tools : { ...tools, script: timer.script(script) };
  }

  function optionsFor(
    { limit, poisoned, isolated, asynchronous, segments: [first] }: MapRequest,
    { watch, tell, ...given }: Pick<BatchOptions, "aside" | "yieldPoint"> & { watch: RecordWatch; tell: TellSign },
  ): BatchOptions {
    return {
      ...given,
      position: { source: first?.source ?? 0, start: first?.start ?? 0 },
      onError: settings.onError,
      limit: limit ?? Number.POSITIVE_INFINITY,
      poisoned: poisoned.length > 0 ? new Map(poisoned) : undefined,
      watch: isolated ? watch : undefined,
      timeoutMs,
      retryThrows,
      tellRunning: tellsRecords === true ? (at) => tell("running", at) : undefined,
      isShort: asynchronous,
      tellPausing: retryThrows ? (pauses) => tell("pausing", { pauses }) : undefined,
      splitsChunks: segments.splitsChunks,
      damageOf: segments.damageOf,
    };
  }

  /** Where every record is announced, the clock is not looked at. */
  function createYieldPoint(request: MapRequest, tell: TellSign, isFull: () => boolean): YieldPoint | undefined {
    const { budgetMs, isolated } = request;
    if (isolated || (timeoutMs === undefined && budgetMs === undefined)) return undefined;
    const beat = timeoutMs === undefined ? undefined : { everyMs: timeoutMs / 4, tell: () => tell("heartbeat") };
    return new YieldPoint({ now: host.now, beat, budgetMs, isFull, tellsRecords });
  }
}

function inputOf({ from, range, ofValues }: WorkerSettings): InputCodec {
  if (range !== undefined) return rangeCodec;
  const codec = inputCodec(from);
  return ofValues === true && codec.cut === "line" ? valueLines() : codec;
}

function isJson(input: InputCodec): boolean {
  const lines = input.cut === "loaded" ? input.lines() : input;
  return lines.cut === "line" && lines.isJson === true;
}
