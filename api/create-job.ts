/** From options to a job: how large chunks and batches are, and how many workers start at once. */

import type { Job } from "../core/coordinator/job/job.ts";
import type { FileSource, Source } from "../core/coordinator/job/source.ts";
import { chunkSize } from "../core/coordinator/schedule/chunk-plan.ts";
import type { InputFormat, UnitCount, UnitInput, UnitSource, UnitTools } from "../core/formats/format.ts";
import { rangeInput } from "../core/formats/range.ts";
import { formatNamed, inputNamed, outputNamed } from "../core/formats/registry.ts";
import { evenGrid, type Grid, mostOf } from "../core/protocol/chunk-grid.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import { formatOptions } from "./format-options.ts";
import { type HeaderTools, headerReader, readPart, withHeaders } from "./headers.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

/** Chunks that are not seen in the output are at most this long, in bytes: longer ones parse slower and are harder to share out. */
export const MAX_CHUNK_BYTES = 256 * 1024;
export const MAX_CHUNK_NUMBERS = 64 * 1024;
/** What a record is taken to have where records are counted, before any has been seen. */
const RECORD_BYTES = 100;
/** Chunks that are seen grow with the offset: of a fold to 256 KiB (or 65,536 numbers), at 32 MiB. */
const FOLD_GRID: Grid = { least: 128, doublings: 12, parts: 128 };
const UNIT_GRID: Grid = { least: 1, doublings: 17, parts: 128 };
/** A table is made per chunk, of groups or (`--from bytes`) by the script: fewer, larger ones, up to 8 MiB. */
const GROUP_GRID: Grid = { least: 1024, doublings: 14, parts: 8 };
const BYTES_GRID: Grid = { least: 4096, doublings: 12, parts: 32 };
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_BATCH_CHUNKS_OF_UNITS = 16;
/** What a slow record stands in front of waits not much longer than this. */
const HAND_ON_MS = 100;
/** Bytes of input for which one worker more is started at once; more come when those are busy. */
const BYTES_PER_FIRST_WORKER = 128 * 1024;

export function firstWorkers({ cores, range, given }: JobOptions, sources: readonly Source[]): number {
  if (range !== undefined) return Math.min(cores, Math.ceil(range.count / MAX_CHUNK_NUMBERS));
  const input = formatNamed(String(given.get("from")))?.input;
  if (input?.cut === "units" && input.sourceIsRecord === true) return Math.min(cores, Math.max(1, sources.length));
  let bytes = 0;
  for (const source of sources) {
    if (source.kind === "stream") return Math.min(cores, 2);
    bytes += source.end - source.begin;
  }
  return Math.max(1, Math.min(cores, Math.ceil(bytes / BYTES_PER_FIRST_WORKER)));
}

/** How a job reads its input. */
export interface JobInput {
  readonly sources: readonly Source[];
  /** Undefined where the settings' format says it. */
  readonly input?: InputFormat;
}

export async function createJob(
  plan: JobOptions,
  settings: ScriptSettings,
  facts: ScriptFacts,
  { sources, input: given }: JobInput,
  tools: HeaderTools,
): Promise<Job> {
  const { cores, maxMemoryBytes, recycle } = plan;
  const { from, to, maxRecordBytes, limit, concurrency, onError, maxErrors, retries, timeoutMs } = settings;
  const input = given ?? (plan.range === undefined ? inputNamed(from) : rangeInput(plan.range));
  const options = formatOptions(plan, settings, facts);
  const written = outputNamed(to);
  const counted = input.cut === "units" ? await unitsIn(input, sources, { ...tools, options }) : undefined;
  const units = counted?.total;
  const grid =
    settings.chunkBytes === undefined
      ? gridFor({ input, units, settings, facts, sources })
      : evenGrid(settings.chunkBytes);
  const most = mostOf(grid);
  const maxBatchBytes = units === undefined ? Math.max(MAX_BATCH_BYTES, most) : most * MAX_BATCH_CHUNKS_OF_UNITS;
  const headerOptions = options ?? { ...settings.table, outputColumns: undefined, bigints: settings.bigints };
  const readHeader = input.cut === "scan" ? headerReader(input, headerOptions, tools) : undefined;
  return {
    from,
    to,
    sources: withHeaders(placed(sources, counted?.firsts), readHeader, tools),
    input,
    units,
    unitBorders: counted?.borders,
    unitRemark: counted?.remark,
    readHeader,
    findsColumns:
      written.hasColumns === true && written.rowGroups === undefined && settings.table.columns === undefined,
    grid,
    maxBatchBytes,
    blockBytes: settings.startLimits?.perSecond === undefined ? undefined : ratedChunk(settings, false),
    handOnMs: HAND_ON_MS,
    maxRecordBytes,
    // The first rows say what the types of columns are: which are the first must not depend on when they come.
    ordered: !settings.unordered || written.rowGroups !== undefined,
    limit,
    cores,
    concurrency,
    onError,
    maxErrors,
    retries,
    exitCall: "process.exit",
    timeoutMs,
    maxMemoryBytes,
    recycle,
    reduces: facts.reduces,
    keyed: facts.keyed,
  };
}

/** How many there are, and whatever else the format says of them. */
async function unitsIn(
  input: UnitInput,
  sources: readonly Source[],
  { options, ...tools }: HeaderTools & Pick<UnitTools, "options">,
): Promise<Partial<UnitCount> & Pick<UnitCount, "total">> {
  const read = (source: UnitSource, start: number, end: number) => readPart(source as FileSource, start, end, tools);
  const counted = await input.count(
    sources.map((source) => ({ begin: 0, end: 0, ...source })),
    { read, options },
  );
  return typeof counted === "number" ? { total: counted } : counted;
}

function placed(sources: readonly Source[], firsts: readonly number[] | undefined): readonly Source[] {
  if (firsts === undefined) return sources;
  return sources.map((source, i) => (source.kind === "file" ? { ...source, firstUnit: firsts[i] } : source));
}

interface GridFacts {
  readonly input: InputFormat;
  readonly units: number | undefined;
  readonly settings: ScriptSettings;
  readonly facts: ScriptFacts;
  readonly sources: readonly Source[];
}

/** Where chunks are seen in the output, only their offset counts; elsewhere they follow the input's size. */
function gridFor({ input, units, settings, facts: { keyed, reduces }, sources }: GridFacts): Grid {
  if (keyed && units === undefined) return GROUP_GRID;
  if (input.cut === "line" && input.chunkIsRecord === true) return BYTES_GRID;
  if (reduces) return units === undefined ? FOLD_GRID : UNIT_GRID;
  // What a stream brings is a block already: there is no need to cut it small.
  const bytesOf = (source: Source) => (source.kind === "file" ? source.end - source.begin : Number.POSITIVE_INFINITY);
  const total = sources.reduce((sum, source) => sum + bytesOf(source), 0);
  const chunk = units === undefined ? chunkSize(total, MAX_CHUNK_BYTES) : chunkSize(units, MAX_CHUNK_NUMBERS, 1);
  return evenGrid(Math.min(chunk, ratedChunk(settings, units !== undefined)));
}

/** About what starts in a second: what is started slowly is committed now and then all the same. */
function ratedChunk({ startLimits }: ScriptSettings, isCounted: boolean): number {
  const { perSecond = Number.POSITIVE_INFINITY } = startLimits ?? {};
  return Math.max(1, Math.ceil(isCounted ? perSecond : perSecond * RECORD_BYTES));
}
