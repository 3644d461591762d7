/** How large everything is: chunks, batches, what a worker may keep, and how many workers start at once. */

import type { Job } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { chunkSize } from "../core/coordinator/schedule/chunk-plan.ts";
import type { WorkerPool } from "../core/coordinator/workers/worker-pool.ts";
import { isCsv } from "../core/formats/csv/format.ts";
import { INPUT_FORMATS } from "../core/formats/input.ts";
import { evenGrid, type Grid, mostOf } from "../core/protocol/chunk-grid.ts";
import type { NumberRange } from "../core/protocol/messages.ts";
import type { Measures } from "../core/protocol/worker-stats.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import { csvOptions, type HeaderTools, headerReader } from "./csv.ts";
import type { Destination } from "./destination.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

/** Chunks that are not seen in the output are at most this long, in bytes: longer ones parse slower and are harder to share out. */
export const MAX_CHUNK_BYTES = 256 * 1024;
export const MAX_CHUNK_NUMBERS = 64 * 1024;
/** What a record is taken to have where records are counted, before any has been seen. */
const RECORD_BYTES = 100;
/** Chunks that are seen grow with the offset: of a fold to 256 KiB (or 65,536 numbers), at 32 MiB. */
const FOLD_GRID: Grid = { least: 128, doublings: 12, parts: 128 };
const RANGE_GRID: Grid = { least: 1, doublings: 17, parts: 128 };
/** A table is made per chunk, of groups or (`--from bytes`) by the script: fewer, larger ones, up to 8 MiB. */
const GROUP_GRID: Grid = { least: 1024, doublings: 14, parts: 8 };
const BYTES_GRID: Grid = { least: 4096, doublings: 12, parts: 32 };
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_BATCH_CHUNKS_OF_RANGE = 16;
/** What a slow record stands in front of waits not much longer than this. */
const HAND_ON_MS = 100;
/** Outputs up to this size go to the coordinator even where a worker could write them: less than another message costs. */
const INLINE_BYTES = 32 * 1024;
/** Bytes of input for which one worker more is started at once; more come when those are busy. */
const BYTES_PER_FIRST_WORKER = 128 * 1024;
/** A table of groups may take this share of a worker's memory before it is written out. */
const SPILL_SHARE = 16;
const MIN_SPILL_BYTES = 1024 * 1024;
const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
/** The part of a worker's time that is looked at closely. A report alone must cost next to nothing: it is made of long jobs. */
const SAMPLED_SHARE = { report: 1 / 64, stats: 1 / 16, explain: 1 / 4 };

export function firstWorkers({ cores, range, given }: JobOptions, sources: readonly Source[]): number {
  if (given.get("from") === "file") return Math.min(cores, Math.max(1, sources.length));
  if (range !== undefined) return Math.min(cores, Math.ceil(range.count / MAX_CHUNK_NUMBERS));
  let bytes = 0;
  for (const source of sources) {
    if (source.kind === "stream") return Math.min(cores, 2);
    bytes += source.end - source.begin;
  }
  return Math.max(1, Math.min(cores, Math.ceil(bytes / BYTES_PER_FIRST_WORKER)));
}

export function createJob(
  plan: JobOptions,
  settings: ScriptSettings,
  facts: ScriptFacts,
  sources: readonly Source[],
  tools: HeaderTools,
): Job {
  const { cores } = plan;
  // Files that are records are a range of places in the list of them.
  const range = settings.from === "file" ? { from: 0, step: 1, count: sources.length } : plan.range;
  const csv = csvOptions(plan, settings, facts);
  // What a stream brings is a block already: there is no need to cut it small.
  const bytesOf = (source: Source) => (source.kind === "file" ? source.end - source.begin : Number.POSITIVE_INFINITY);
  const total = sources.reduce((sum, source) => sum + bytesOf(source), 0);
  const grid =
    settings.chunkBytes === undefined ? gridFor(range, settings, facts, total) : evenGrid(settings.chunkBytes);
  const most = mostOf(grid);
  const maxBatchBytes = range === undefined ? Math.max(MAX_BATCH_BYTES, most) : most * MAX_BATCH_CHUNKS_OF_RANGE;
  return {
    ...settings,
    sources,
    range,
    separator: INPUT_FORMATS[settings.from].separator,
    readHeader: csv === undefined || !isCsv(settings.from) ? undefined : headerReader(settings.from, csv, tools),
    findsColumns: isCsv(settings.to) && settings.csv.columns === undefined,
    grid,
    maxBatchBytes,
    blockBytes: settings.startLimits?.perSecond === undefined ? undefined : ratedChunk(settings, false),
    handOnMs: HAND_ON_MS,
    exitCall: "process.exit",
    ordered: !settings.unordered,
    cores,
    maxMemoryBytes: plan.maxMemoryBytes,
    recycle: plan.recycle,
    reduces: facts.reduces,
    keyed: facts.keyed,
  };
}

/** Where chunks are seen in the output, only their offset counts; elsewhere they follow the input's size. */
function gridFor(
  range: NumberRange | undefined,
  settings: ScriptSettings,
  { keyed, reduces }: ScriptFacts,
  total: number,
): Grid {
  if (keyed && range === undefined) return GROUP_GRID;
  if (settings.from === "bytes" && range === undefined) return BYTES_GRID;
  if (reduces) return range === undefined ? FOLD_GRID : RANGE_GRID;
  const most = range === undefined ? MAX_CHUNK_BYTES : MAX_CHUNK_NUMBERS;
  const chunk = range === undefined ? chunkSize(total, most) : chunkSize(range.count, most, 1);
  return evenGrid(Math.min(chunk, ratedChunk(settings, range !== undefined)));
}

/** About what starts in a second: what is started slowly is committed now and then all the same. */
function ratedChunk({ startLimits }: ScriptSettings, ofRange: boolean): number {
  const { perSecond = Number.POSITIVE_INFINITY } = startLimits ?? {};
  return Math.max(1, Math.ceil(ofRange ? perSecond : perSecond * RECORD_BYTES));
}

export function workerSettings(
  plan: JobOptions,
  settings: ScriptSettings,
  facts: ScriptFacts,
  job: Job,
  {
    output,
    spillFolder,
  }: Pick<Destination, "spillFolder"> & { readonly output: Pick<Destination["output"], "workerPath"> },
): Parameters<WorkerPool["begin"]>[0] {
  return {
    ...settings,
    csv: csvOptions(plan, settings, facts),
    args: plan.args,
    sources: job.sources.map((source) =>
      source.kind === "file"
        ? {
            name: source.name,
            path: source.path,
            begin: source.begin,
            end: source.end,
            identity: source.identity,
            dialect: source.header?.dialect,
          }
        : { name: source.name, path: undefined, begin: 0, end: 0 },
    ),
    range: job.range,
    grid: job.grid,
    outputPath: plan.sandbox ? undefined : output.workerPath,
    inlineBytes: plan.sandbox || output.workerPath === undefined ? Number.MAX_SAFE_INTEGER : INLINE_BYTES,
    spillFolder,
    withKeys: plan.withKeys,
    spillBytes: Math.max(MIN_SPILL_BYTES, (plan.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES) / SPILL_SHARE),
    measures: measuresFor(plan),
  };
}

function measuresFor(plan: JobOptions): Measures | undefined {
  const { stats, reportPath, tracePath, explains, mode, range } = plan;
  if ((stats ?? reportPath ?? tracePath) === undefined && !explains) return undefined;
  const share = SAMPLED_SHARE[explains ? "explain" : stats !== undefined ? "stats" : "report"];
  return { share, ownClock: mode === "process", ofRange: range !== undefined };
}
