/** What a job writes must not be its script, what it reads from its beginning, or what else it writes. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isSameFile, statsOf } from "../adapters/system/file-stats.ts";
import { isUri } from "../adapters/system/input-names.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { ScriptSource } from "../core/script/types.ts";
import { importedFiles } from "./imported-texts.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

type Written = Pick<JobOptions, "outputPath" | "script">;

/** @throws {UsageError} when the errors file is in use, or when there will be no rejects */
export function checkErrorsPath(
  path: string,
  plan: Written,
  { onError }: Pick<ScriptSettings, "onError">,
  sources: readonly Source[],
): void {
  if (onError === "fail") throw errorsWithoutRejects();
  checkFree(path, "write rejects", plan, sources);
}

export function errorsWithoutRejects(): UsageError {
  return new UsageError("Cannot use --errors with --on-error fail: there are no rejects to write\nSay --on-error skip");
}

/** @throws {UsageError} for an output that only Spark can write */
export function checkOutputHere(path: string | undefined): void {
  if (path === undefined || !isUri(path) || statsOf(dirname(path)) !== undefined) return;
  throw new UsageError(`Cannot write "${path}": only Spark can write it\nRun the job with --engine spark`, {
    about: "output",
  });
}

/**
 * An output may take the place of an input, which has been read by then; a script is not there to be replaced.
 * @throws {UsageError} when it is the script, or a module that the script imports
 */
export function checkOutput({ outputPath, script }: Written): void {
  if (outputPath === undefined || statsOf(outputPath)?.isFile() !== true) return;
  const what = scriptFileAt(outputPath, script);
  if (what !== undefined) throw new UsageError(`Cannot write "${outputPath}": it is ${what}`, { about: "output" });
}

/** @throws {UsageError} where workers cannot be profiled */
export function checkProfile({ profilePath, mode, sandbox }: JobOptions): void {
  if (profilePath === undefined) return;
  if (mode === "inline")
    throw new UsageError(
      "Cannot use --profile with --mode inline: pmap's own process would be profiled\nSay --mode process or --mode thread",
    );
  if (sandbox)
    throw new UsageError("Cannot use --profile with --sandbox: a confined worker may not use the runtime's profiler");
}

/**
 * What is written about the job.
 * @throws {UsageError} when one of the files is in use
 */
export function checkReports(plan: JobOptions, sources: readonly Source[]): void {
  const { stats, reportPath, tracePath, profilePath, joblogPath, errorsPath } = plan;
  const files = [
    [stats?.path, "write stats"],
    [reportPath, "write the report"],
    [tracePath, "write the trace"],
    [profilePath, "write the profile"],
    [joblogPath, "write the log of batches"],
  ] as const;
  const taken = errorsPath === undefined ? [] : [errorsPath];
  // Several may go to /dev/null, or to one terminal.
  const isTaken = (path: string) =>
    statsOf(path)?.isFile() !== false && taken.some((other) => isSamePlace(other, path));
  for (const [path, what] of files) {
    if (path === undefined) continue;
    checkFree(path, what, plan, sources);
    if (isTaken(path)) throw new UsageError(`Cannot ${what} to "${path}": something else is written there`);
    taken.push(path);
  }
}

/** @throws {UsageError} when the file is the script, an input or the output */
function checkFree(path: string, what: string, { outputPath, script }: Written, sources: readonly Source[]): void {
  const cannot = `Cannot ${what} to "${path}"`;
  const ofScript = scriptFileAt(path, script);
  if (ofScript !== undefined) throw new UsageError(`${cannot}: it is ${ofScript}`);
  if (outputPath !== undefined && isSamePlace(outputPath, path)) throw new UsageError(`${cannot}: it is the output`);
  const isOf = (source: Source) =>
    source.kind === "file" ? isSamePlace(source.path, path) : source.name !== "-" && isSamePlace(source.name, path);
  if (sources.some(isOf)) throw new UsageError(`${cannot}: it is an input\nWrite them to another file`);
}

/** Data that a script imports may be written: the next run starts from it. */
const CODE = /\.[cm]?[jt]sx?$/;

/** What of the script stands there, for messages. */
function scriptFileAt(path: string, script: ScriptSource): string | undefined {
  if (script.url !== undefined && isSameFile(fileURLToPath(script.url), path)) return "the script";
  if (statsOf(path) === undefined) return undefined;
  const isImported = [...importedFiles(script).keys()].some((each) => CODE.test(each) && isSameFile(each, path));
  return isImported ? "a module of the script" : undefined;
}

/** Whether two names stand for one file, or for a file that is not there yet. */
function isSamePlace(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other) || isSameFile(one, other);
}

function placeOf(path: string): string {
  try {
    return join(realpathSync(dirname(resolve(path))), basename(path));
  } catch {
    return resolve(path);
  }
}
