/** `--explain`: the first records are run in one worker, and nothing is written. */

import { type Cores, countCores } from "../adapters/system/cores.ts";
import { nameInside } from "../adapters/system/decompress.ts";
import type { Reaper } from "../adapters/system/reaper.ts";
import { redirectedFile } from "../adapters/system/redirected-file.ts";
import { createSpillFolder } from "../adapters/system/spill-folder.ts";
import type { JobEnvironment } from "../core/coordinator/environment.ts";
import { type Calibration, calibrate } from "../core/coordinator/estimate/calibrate.ts";
import { breakEven, type RecordCost, recordCost, timesOf } from "../core/coordinator/estimate/cost-model.ts";
import { chunkUseOf, type Job } from "../core/coordinator/job/job.ts";
import { isOneMember } from "../core/coordinator/job/source.ts";
import { CHUNKS_WANTED, chunkSize } from "../core/coordinator/schedule/chunk-plan.ts";
import type { WorkerPoolSettings } from "../core/coordinator/workers/script-start.ts";
import { startWatchdog } from "../core/coordinator/workers/watchdog.ts";
import type { WorkerPool } from "../core/coordinator/workers/worker-pool.ts";
import { Interrupted } from "../core/errors.ts";
import { outputNamed } from "../core/formats/registry.ts";
import type { ThreadTime } from "../core/platform/runtime.ts";
import { mostOf } from "../core/protocol/chunk-grid.ts";
import { MAX_CHUNK_BYTES, MAX_CHUNK_NUMBERS } from "./create-job.ts";
import { readPart } from "./headers.ts";
import type { FoundFormat } from "./input-format.ts";
import type { JobOptions, RuntimeName } from "./options.ts";

/** What the first records tell of a job. */
export interface Explained {
  readonly tag: "explained";
  readonly plan: JobOptions;
  readonly job: Job;
  readonly calibration: Calibration;
  /** Undefined when there was no record. */
  readonly cost: RecordCost | undefined;
  readonly chunks: ChunkSizes;
  readonly cores: Cores;
  /** Undefined when there was no record. */
  readonly estimate: Estimate | undefined;
  /** What workers do besides running records. */
  readonly notCounted: readonly ("decompressing" | "merging" | "compressing" | "encoding")[];
  /** Workers that the job would start at once. */
  readonly firstWorkers: number;
  /** The input's format and why; undefined where there is none. */
  readonly format: FoundFormat | undefined;
  /** The fields of a record that the script sees; undefined where it may be all of them. */
  readonly fields?: readonly string[] | undefined;
  /** How many fields the first record has, where it can be read again. */
  readonly fieldCount?: number | undefined;
  /** What runs pmap itself. */
  readonly ownRuntime?: RuntimeName;
  /** The words that started pmap. */
  readonly argv?: readonly string[] | undefined;
}

/** How the input is cut; sizes in bytes, or in numbers of a range. */
export type ChunkSizes =
  | { readonly tag: "blocks of a stream" }
  | { readonly tag: "growing"; readonly least: number; readonly most: number }
  | { readonly tag: "even"; readonly size: number; readonly why: "given" | "the most" | "the least" }
  /** About how many parts the input is cut into. */
  | { readonly tag: "parts"; readonly size: number; readonly parts: number };

/** Whether workers pay. */
export interface Estimate {
  /** Milliseconds of work that was timed. */
  readonly timedMs: number;
  /** With fewer records one process is faster; infinite when it always is. */
  readonly breakEvenRecords: number;
  /** What the whole input would take; undefined where its records cannot be told. */
  readonly whole: { readonly records: number; readonly serialMs: number; readonly parallelMs: number } | undefined;
}

export interface ExplainOptions extends Pick<Explained, "plan" | "job" | "firstWorkers" | "format"> {
  readonly pool: WorkerPool;
  readonly reaper: Reaper;
  readonly environment: Pick<JobEnvironment, "now" | "after" | "residentBytes" | "drain" | "openInput" | "text"> & {
    readonly threadTime: () => ThreadTime | undefined;
  };
  readonly settingsFor: (output: {
    readonly output: { readonly workerPath: string | undefined };
    readonly spillFolder: string | undefined;
  }) => WorkerPoolSettings;
}

/** Runs the first records in one worker. */
export async function explain(options: ExplainOptions): Promise<Explained> {
  const { plan, job, pool, reaper, environment, settingsFor } = options;
  const spill = job.keyed ? createSpillFolder(reaper) : undefined;
  const settings = settingsFor({ output: { workerPath: undefined }, spillFolder: spill?.path });
  // What a worker would write to a file itself is not sent.
  const toFile = !plan.sandbox && (plan.outputPath !== undefined || redirectedFile(1) !== undefined);
  const inlineBytes = toFile ? 0 : settings.inlineBytes;
  const { timeoutMs } = job;
  const stopWatching = startWatchdog({
    ...environment,
    handles: () => pool.handles(),
    timeoutMs,
    maxResidentBytes: undefined,
  });
  try {
    pool.begin({ ...settings, inlineBytes });
    const interrupted = environment.drain.then(() => Promise.reject(new Interrupted()));
    const calibration = await Promise.race([calibrate(job, pool, environment), pool.failed, interrupted]);
    const { firstWorkers, format } = options;
    const cost = recordCost(calibration.observations);
    return {
      tag: "explained",
      plan,
      job,
      calibration,
      cost,
      chunks: chunkSizes(job, plan),
      cores: countCores(),
      estimate: cost && estimateOf(cost, job, calibration),
      notCounted: notCounted(job, plan),
      firstWorkers,
      format,
      fieldCount: fieldCountOf(job, environment),
    };
  } finally {
    stopWatching();
    spill?.remove();
  }
}

function notCounted({ sources, keyed, to }: Job, { outputPath }: JobOptions): Explained["notCounted"] {
  const found: Explained["notCounted"][number][] = [];
  if (sources.some(isOneMember)) found.push("decompressing");
  if (keyed) found.push("merging");
  if (outputPath !== undefined && nameInside(outputPath) !== outputPath) found.push("compressing");
  if (outputNamed(to).rowGroups !== undefined) found.push("encoding");
  return found;
}

const FIRST_BYTES = 64 * 1024;

/** Of the first record of a file of JSON lines. */
function fieldCountOf(
  { from, sources }: Job,
  { openInput, text }: Pick<JobEnvironment, "openInput" | "text">,
): number | undefined {
  const [first] = sources;
  if (from !== "jsonl" || first?.kind !== "file") return undefined;
  try {
    const bytes = readPart(first, first.begin, first.begin + FIRST_BYTES, { openInput });
    const [line = ""] = text.decode(bytes, 0, bytes.length).split("\n");
    const record: unknown = JSON.parse(line);
    return typeof record === "object" && record !== null ? Object.keys(record).length : undefined;
  } catch {
    // A line that is longer, or is no JSON.
    return undefined;
  }
}

function chunkSizes(job: Job, plan: JobOptions): ChunkSizes {
  const { grid, sources, units } = job;
  const isOfStream = sources.some(({ kind }) => kind === "stream");
  if (isOfStream && chunkUseOf(job) === "unseen") return { tag: "blocks of a stream" };
  const size = mostOf(grid);
  if (grid.doublings > 0) return { tag: "growing", least: grid.least, most: size };
  if (plan.given.has("chunk")) return { tag: "even", size, why: "given" };
  const [least, most] =
    units === undefined ? [chunkSize(0, MAX_CHUNK_BYTES), MAX_CHUNK_BYTES] : ([1, MAX_CHUNK_NUMBERS] as const);
  if (size >= most) return { tag: "even", size, why: "the most" };
  return size === least ? { tag: "even", size, why: "the least" } : { tag: "parts", size, parts: CHUNKS_WANTED };
}

function estimateOf(cost: RecordCost, job: Job, calibration: Calibration): Estimate {
  const setting = { workers: job.cores, startMs: calibration.startMs };
  const records = totalRecords(cost, job, calibration);
  return {
    timedMs: calibration.observations.reduce((sum, { busyMs }) => sum + busyMs, 0),
    breakEvenRecords: breakEven(cost, setting),
    whole: records === undefined ? undefined : { records, ...timesOf(records, cost, setting) },
  };
}

/** Undefined where it cannot be told. */
function totalRecords(
  { bytes }: RecordCost,
  { sources, units, limit }: Job,
  { allRecords }: Calibration,
): number | undefined {
  const most = limit ?? Number.POSITIVE_INFINITY;
  if (allRecords !== undefined) return Math.min(most, allRecords);
  if (units !== undefined) return Math.min(most, units);
  let size = 0;
  for (const source of sources) {
    if (source.kind === "stream") return undefined;
    size += source.end - source.begin;
  }
  return bytes === undefined ? undefined : Math.min(most, Math.round(size / bytes));
}
