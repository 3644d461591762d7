/** `--dry-run`: everything that can be known of a job without starting anything. The script is read, not run. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openInput } from "../adapters/shared/positional-files.ts";
import { resolveInputs } from "../adapters/system/open-inputs.ts";
import { fileBehind, namesBeside } from "../adapters/system/output-names.ts";
import { redirectedFile } from "../adapters/system/redirected-file.ts";
import type { Job } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import { outputNamed } from "../core/formats/registry.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { chunkAt, mostOf } from "../core/protocol/chunk-grid.ts";
import { byRanges } from "./by-ranges.ts";
import { createJob, firstWorkers } from "./create-job.ts";
import { settingsOfJob } from "./exclusive-options.ts";
import { type FoundFormat, formatOfFiles, withRemark } from "./input-format.ts";
import type { Given, JobOptions } from "./options.ts";
import { checkRowGroups } from "./packing.ts";
import { checkErrorsPath, checkOutput, checkProfile, checkReports } from "./path-conflicts.ts";
import { checkWritable } from "./report/report-files.ts";
import { givenByScript, type ScriptSettings } from "./script-options.ts";
import { readScriptText } from "./script-text.ts";

export interface DryRun {
  readonly plan: JobOptions;
  readonly settings: ScriptSettings;
  readonly format: FoundFormat | undefined;
  readonly job: Job;
  readonly sources: readonly Source[];
  /** What the script's text exports, or the code from the command line gives. */
  readonly functions: readonly string[];
  /** What the script sets; undefined where only running it would tell. */
  readonly byScript: Given | undefined;
  /** Undefined where a stream has no known length. */
  readonly chunks: number | undefined;
  /** The most bytes (or numbers) of a chunk. */
  readonly chunkSize: number;
  /** Whether the input and the output are CSV. */
  readonly isTable: { readonly from: boolean; readonly to: boolean };
  readonly firstWorkers: number;
  readonly output: { readonly exists: boolean; readonly interrupted: boolean } | "redirected" | "stdout";
}

/** @throws {UsageError} for what the job would refuse before its first record */
export async function dryRun(plan: JobOptions, runtime: Runtime): Promise<DryRun> {
  const spark = plan.engine === "spark" ? await import("./spark/prepare.ts") : undefined;
  spark?.checkOptions(plan);
  const findFar = spark && notLookedAt;
  let sources = await resolveInputs(plan, runtime, { whole: formatOfFiles(plan.given.get("from")), findFar });
  const { url, code } = plan.script;
  const text = url === undefined ? undefined : readScriptText(readFileSync(fileURLToPath(url), "utf8"));
  const functions = [...new Set([...(text?.exports ?? []), ...Object.keys(code)])];
  const has = (name: string) => functions.includes(name);
  const options = text?.options ?? {};
  const facts = {
    keyed: has("key"),
    reduces: has("reduce"),
    setsUp: has("setup"),
    tearsDown: has("teardown"),
    options,
    exports: text?.exports ?? [],
  };
  const { settings, format } = settingsOfJob(plan, facts, sources);
  const whole = plan.range === undefined ? formatOfFiles(settings.from) : undefined;
  if (whole !== undefined) sources = await resolveInputs(plan, runtime, { whole });
  // What JSON is made of is looked at by the job.
  if (!settings.ofValues) sources = await byRanges(sources, { plan, settings, runtime });
  spark?.checkSettings(plan, settings, sources);
  const tools = { openInput, text: runtime.text, warn: () => {} };
  const job = await createJob(plan, settings, facts, { sources }, tools);
  if (plan.sandbox && job.keyed)
    throw new UsageError("Cannot use --sandbox with a key: its groups are sorted in files");
  if (plan.errorsPath !== undefined) checkErrorsPath(plan.errorsPath, plan, settings, sources);
  checkProfile(plan);
  checkOutput(plan);
  checkReports(plan, sources);
  checkRowGroups(plan, settings, { compression: undefined, ownsStdout: false });
  checkPlaces(plan);
  const written = outputNamed(settings.to);
  return {
    plan,
    settings,
    format: withRemark(format, job),
    job,
    sources,
    functions,
    byScript: text !== undefined && text.options === undefined ? undefined : givenByScript(options, plan.script.name),
    chunks: chunkCount(job, settings),
    chunkSize: mostOf(job.grid),
    isTable: {
      from: job.input.cut === "scan",
      to: written.hasColumns === true && written.rowGroups === undefined,
    },
    firstWorkers: firstWorkers(plan, sources),
    output: outputOf(plan),
  };
}

async function notLookedAt(uri: string): Promise<never> {
  throw new UsageError(`Cannot look at "${uri}" with --dry-run: only Spark can, and nothing is started`, {
    about: "input",
  });
}

function chunkCount({ units, sources, grid }: Job, { ofValues }: ScriptSettings): number | undefined {
  if (units !== undefined) return units === 0 ? 0 : chunkAt(grid, units - 1).index + 1;
  let length = 0;
  for (const source of sources) {
    if (source.kind === "stream" || ofValues) return undefined;
    length += source.end - source.begin;
  }
  return length === 0 ? 0 : chunkAt(grid, length - 1).index + 1;
}

/** @throws {UsageError} for a file that cannot be written */
function checkPlaces({ outputPath, errorsPath, engine, stats, ...plan }: JobOptions): void {
  const { reportPath, tracePath, profilePath, joblogPath } = plan;
  for (const path of [errorsPath, stats?.path, reportPath, tracePath, profilePath, joblogPath])
    if (path !== undefined) checkWritable(path, "written in place");
  if (outputPath === undefined || engine === "spark") return;
  checkWritable(fileBehind(outputPath), "replaced");
}

function outputOf({ outputPath }: JobOptions): DryRun["output"] {
  if (outputPath === undefined) return redirectedFile(1) === undefined ? "stdout" : "redirected";
  const path = fileBehind(outputPath);
  return { exists: existsSync(path), interrupted: existsSync(namesBeside(path).journal) };
}
