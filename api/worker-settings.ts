/** From options to what a worker is told before its first request: each setting by its name, and no other. */
import type { Job } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import type { WorkerPoolSettings } from "../core/coordinator/workers/script-start.ts";
import type { InputSource } from "../core/formats/codec.ts";
import type { ProfileSettings } from "../core/protocol/worker-settings.ts";
import type { Measures } from "../core/protocol/worker-stats.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import type { Destination } from "./destination.ts";
import { formatOptions } from "./format-options.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

/** Outputs up to this size go to the coordinator even where a worker could write them: less than another message costs. */
const INLINE_BYTES = 32 * 1024;
/** A table of groups may take this share of a worker's memory before it is written out. */
const SPILL_SHARE = 16;
const MIN_SPILL_BYTES = 1024 * 1024;
const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
/** The part of a worker's time that is looked at closely. A report alone must cost next to nothing: it is made of long jobs. */
const SAMPLED_SHARE = { report: 1 / 64, stats: 1 / 16, explain: 1 / 4 };

/** Where a worker's bytes go: its output, and its sorted runs. */
export interface WorkerOutput extends Pick<Destination, "spillFolder"> {
  readonly output: Pick<Destination["output"], "workerPath">;
}

export function workerSettings(
  plan: JobOptions,
  settings: ScriptSettings,
  facts: ScriptFacts,
  job: Job,
  { output, spillFolder }: WorkerOutput,
): WorkerPoolSettings {
  const { to, concurrency, seed, maxRecordBytes, onError, bigints, ofValues } = settings;
  const { timeoutMs, retryThrows, startLimits } = settings;
  const writes = !plan.sandbox && output.workerPath !== undefined;
  return {
    from: job.input.codec ?? settings.from,
    to,
    concurrency,
    seed,
    maxRecordBytes,
    onError,
    args: plan.args,
    sources: job.sources.map(inputSource),
    bigints,
    ofValues,
    formatOptions: formatOptions(plan, settings, facts),
    range: plan.range,
    grid: job.grid,
    outputPath: writes ? output.workerPath : undefined,
    inlineBytes: writes ? INLINE_BYTES : Number.MAX_SAFE_INTEGER,
    timeoutMs,
    retryThrows,
    startLimits,
    spillFolder,
    spillBytes: Math.max(MIN_SPILL_BYTES, (plan.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES) / SPILL_SHARE),
    withKeys: plan.withKeys,
    measures: measuresFor(plan, job),
    profiles: profilesOf(plan),
  };
}

function profilesOf({ profilePath, script }: JobOptions): ProfileSettings | undefined {
  if (profilePath === undefined) return undefined;
  return { codeLines: Math.max(0, ...Object.values(script.code).map((code) => code.split("\n").length)) };
}

function inputSource(source: Source): InputSource {
  if (source.kind === "stream") return { name: source.name, path: undefined, begin: 0, end: 0 };
  const { name, path, begin, end, identity, header, firstUnit, compressed } = source;
  return { name, path, begin, end, identity, dialect: header?.dialect, firstUnit, members: compressed?.index };
}

function measuresFor(plan: JobOptions, { units }: Job): Measures | undefined {
  const { stats, reportPath, tracePath, explains, mode } = plan;
  if ((stats ?? reportPath ?? tracePath) === undefined && !explains) return undefined;
  const share = SAMPLED_SHARE[explains ? "explain" : stats !== undefined ? "stats" : "report"];
  return { share, ownClock: mode === "process", isCounted: units !== undefined, explains };
}
