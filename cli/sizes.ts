/** How large everything is: chunks, spans, what a worker may keep, and how many workers start at once. */
import { INPUT_FORMATS } from "../core/formats/input.ts";
import type { Job } from "../core/job.ts";
import { CHUNKS_WANTED, chunkSize, type Source } from "../core/plan.ts";
import type { Pool } from "../core/pool.ts";
import type { ScriptFacts } from "../core/script.ts";
import type { Measures } from "../core/stats.ts";
import type { Destination } from "./destination.ts";
import type { Plan, ScriptSettings } from "./resolve.ts";

/** How an input is cut: into about so many chunks, none longer than `most` bytes (or numbers). */
export interface ChunkRule {
  readonly parts: number;
  readonly most: number;
}

/** Chunks are at most this long, in bytes: longer ones parse slower and are harder to share out. */
const MAX_CHUNK_BYTES = 256 * 1024;
/** `--from bytes` makes a table per chunk: fewer, larger ones. */
const MAX_BYTES_CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNKS_OF_BYTES = 128;
const MAX_GROUPED_CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNKS_OF_GROUPED = 32;
const MAX_CHUNK_NUMBERS = 64 * 1024;
const MAX_SPAN_BYTES = 16 * 1024 * 1024;
const MAX_SPAN_CHUNKS_OF_RANGE = 16;
/** Nobody waits much longer for what a slow record stands in front of. */
const HAND_ON_MS = 100;
/** Outputs up to this size go to the coordinator even where a worker could write them: less than another message costs. */
const INLINE_BYTES = 32 * 1024;
/** Bytes of input for which one worker more is started at once; more come when those are busy. */
const BYTES_PER_FIRST_WORKER = 128 * 1024;
/** A table of groups may take this share of a worker's memory before it is written out. */
const SPILL_SHARE = 16;
const MIN_SPILL_BYTES = 1024 * 1024;
const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
/** The part of a worker's time that `--stats` and `--explain` look at closely. */
const SAMPLED_SHARE = { stats: 1 / 16, explain: 1 / 4 };

export function firstWorkers({ cores, range }: Plan, sources: readonly Source[]): number {
  if (range !== undefined) return Math.min(cores, Math.ceil(range.count / MAX_CHUNK_NUMBERS));
  let bytes = 0;
  for (const source of sources) {
    if (source.kind === "stream") return Math.min(cores, 2);
    bytes += source.end - source.begin;
  }
  return Math.max(1, Math.min(cores, Math.ceil(bytes / BYTES_PER_FIRST_WORKER)));
}

export function createJob(plan: Plan, settings: ScriptSettings, facts: ScriptFacts, sources: readonly Source[]): Job {
  const { range, cores } = plan;
  const total = sources.reduce((sum, source) => sum + (source.kind === "file" ? source.end - source.begin : 0), 0);
  const { parts, most } = chunkRule(plan, settings, facts);
  const byInput =
    range === undefined ? chunkSize(total * (CHUNKS_WANTED / parts), most) : chunkSize(range.count, most, 1);
  const chunkBytes = settings.chunkBytes ?? byInput;
  const maxSpanBytes =
    range === undefined ? Math.max(MAX_SPAN_BYTES, chunkBytes) : chunkBytes * MAX_SPAN_CHUNKS_OF_RANGE;
  return {
    ...settings,
    sources,
    range,
    separator: INPUT_FORMATS[settings.from].separator,
    chunkBytes,
    maxSpanBytes,
    handOnMs: HAND_ON_MS,
    // A limit counts records in input order.
    ordered: !settings.unordered || settings.limit !== undefined,
    cores,
    maxMemoryBytes: plan.maxMemoryBytes,
    recycle: plan.recycle,
    reduces: facts.reduces,
    keyed: facts.keyed,
  };
}

export function chunkRule({ range }: Plan, { from }: ScriptSettings, { keyed }: ScriptFacts): ChunkRule {
  if (range !== undefined) return { parts: CHUNKS_WANTED, most: MAX_CHUNK_NUMBERS };
  // A table of groups is made per chunk: it pays to see a key often in one.
  if (keyed) return { parts: CHUNKS_OF_GROUPED, most: MAX_GROUPED_CHUNK_BYTES };
  if (from === "bytes") return { parts: CHUNKS_OF_BYTES, most: MAX_BYTES_CHUNK_BYTES };
  return { parts: CHUNKS_WANTED, most: MAX_CHUNK_BYTES };
}

export function workerSettings(
  plan: Plan,
  settings: ScriptSettings,
  job: Job,
  {
    output,
    spillFolder,
  }: Pick<Destination, "spillFolder"> & { readonly output: Pick<Destination["output"], "workerPath"> },
): Parameters<Pool["begin"]>[0] {
  return {
    ...settings,
    args: plan.args,
    sources: job.sources.map((source) =>
      source.kind === "file"
        ? { name: source.name, path: source.path, begin: source.begin, end: source.end }
        : { name: source.name, path: undefined, begin: 0, end: 0 },
    ),
    range: job.range,
    outputPath: plan.sandbox ? undefined : output.workerPath,
    inlineBytes: plan.sandbox || output.workerPath === undefined ? Number.MAX_SAFE_INTEGER : INLINE_BYTES,
    spillFolder,
    spillBytes: Math.max(MIN_SPILL_BYTES, (plan.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES) / SPILL_SHARE),
    measures: measuresFor(plan),
  };
}

function measuresFor({ stats, explains, mode, range }: Plan): Measures | undefined {
  if (stats === undefined && !explains) return undefined;
  const share = explains ? SAMPLED_SHARE.explain : SAMPLED_SHARE.stats;
  return { share, ownClock: mode === "process", ofRange: range !== undefined };
}
