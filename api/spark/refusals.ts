/** What a job on Spark cannot have: each is refused before anything is started, with what to do instead. */

import { COMPRESSION_BY_EXTENSION, extensionOf } from "../../adapters/system/decompress.ts";
import { shownUrl } from "../../adapters/system/http/resource.ts";
import { isUri, isUrl } from "../../adapters/system/input-names.ts";
import type { Source } from "../../core/coordinator/job/source.ts";
import { UsageError } from "../../core/errors.ts";
import { outputNamed } from "../../core/formats/registry.ts";
import type { JobInput, JobOptions } from "../options.ts";
import type { ScriptSettings } from "../script-options.ts";

const STDIN_NAMES = new Set(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);

/** @throws {UsageError} for what can be told before the script is loaded */
export function checkOptions(plan: JobOptions): void {
  const { mode, outputPath, errorsPath } = plan;
  for (const input of plan.inputs) checkInput(input, plan);
  if (mode !== "process")
    throw refused(`--mode ${mode}`, "a worker on another machine is a process", "Leave --mode out");
  for (const [flag, isThere, why] of flagsOf(plan))
    if (isThere) throw refused(`--${flag}`, why, `Leave --${flag} out, or run the job on this machine: --engine local`);
  if (plan.sandbox && plan.runtime !== "deno")
    throw refused("--sandbox", `a worker on ${plan.runtime} cannot be confined`, "Use --runtime deno");
  checkCores(plan);
  if (errorsPath !== undefined && (isUri(errorsPath) || isUrl(errorsPath)))
    throw cannotWrite(errorsPath, "rejects are written to a file of this machine\nGive --errors a path");
  if (outputPath !== undefined) checkOutput(outputPath, plan);
  for (const { specifier } of plan.script.modules)
    if (!specifier.startsWith("node:"))
      throw refused(
        `-M ${specifier}`,
        "only modules that every machine has, node:..., can be imported for code",
        "Write a script that imports it: a script goes along with all that it imports",
      );
}

/** @throws {UsageError} for what the script, or the inputs themselves, say */
export function checkSettings(
  { outputPath }: Pick<JobOptions, "outputPath">,
  { startLimits, to }: ScriptSettings,
  sources: readonly Source[],
): void {
  if (startLimits !== undefined) {
    const flag = startLimits.perSecond === undefined ? "--total-concurrency" : "--rate";
    throw refused(
      flag,
      "nothing lets the records of all machines start one by one",
      "Leave it out, or say --engine local",
    );
  }
  if (outputNamed(to).rowGroups !== undefined)
    throw refused(
      `--to ${to}`,
      "what its columns are, rows on one machine say",
      "Write JSON lines, and make it of these",
    );
  if (outputPath !== undefined && isUri(outputPath) && outputNamed(to).ends(undefined).firstTrim > 0)
    throw cannotWrite(outputPath, `parts of ${to} are no ${to} together\nWrite JSON lines: --to jsonl`);
  const stream = sources.find((source) => source.kind === "stream" && source.place === undefined);
  if (stream === undefined) return;
  throw new UsageError(
    `Cannot read "${stream.name}" with --engine spark: it is a pipe, or something else that only one machine can read\nSave it first to a file that every machine sees: as JSON lines or CSV`,
    { about: "input" },
  );
}

function checkInput(input: JobInput, { sandbox }: JobOptions): void {
  const name = typeof input === "string" ? input : input.name;
  if (STDIN_NAMES.has(name))
    throw refused("stdin", "other machines cannot read it", "Save it to a file that every machine sees");
  // A script that may ask its executor for one could ask for any other.
  if (sandbox && isUri(name))
    throw new UsageError(
      `Cannot read "${name}" with --sandbox and --engine spark: a confined worker reads paths only\n` +
        "Give paths that every machine sees, or leave --sandbox out",
      { about: "input" },
    );
  if (!isUrl(name)) return;
  throw new UsageError(
    `Cannot read "${shownUrl(name)}" with --engine spark: what is on the web is read by one machine, from its beginning on\n` +
      "Download it to a disk that all machines share, or to where Hadoop has it",
    { about: "input" },
  );
}

function checkOutput(path: string, { resume }: JobOptions): void {
  if (isUrl(path)) throw cannotWrite(path, "it is on the web\nGive -o a path, or a URI of Hadoop's");
  if (!isUri(path)) return;
  if (resume)
    throw cannotWrite(
      path,
      "a folder of parts is there when all of it is, so there is nothing to go on with\nStart it again without --resume",
    );
  if (extensionOf(path) in COMPRESSION_BY_EXTENSION)
    throw cannotWrite(
      path,
      "a folder of parts is not compressed\nName it without the ending, or write to a file of this machine",
    );
}

function cannotWrite(path: string, why: string): UsageError {
  return new UsageError(`Cannot write "${path}" with --engine spark: ${why}`, { about: "output" });
}

function flagsOf(plan: JobOptions): readonly (readonly [flag: string, isThere: boolean, why: string])[] {
  const notHere = "how busy a machine is, is the cluster's business";
  return [
    ["min-free", plan.minFreeBytes !== undefined, notHere],
    ["max-load", plan.maxLoad !== undefined, notHere],
    ["nice", plan.nice !== undefined, notHere],
    ["explain", plan.explains, "it times records on this machine"],
    ["profile", plan.profilePath !== undefined, "stages do not tell which lines of the script take the time"],
  ];
}

/** Of a standalone cluster, and of this machine, the number of cores can be said with one word. */
function checkCores({ coresSaid, master, cores }: JobOptions): void {
  if (!coresSaid || master === undefined || /^spark:/.test(master)) return;
  const how = master.startsWith("local") ? `--master 'local[${cores}]'` : "--conf spark.executor.instances=N";
  throw refused("--cores", `with --master ${master} they are counted otherwise`, `Say ${how}`);
}

function refused(what: string, why: string, instead: string): UsageError {
  return new UsageError(`Cannot use ${what} with --engine spark: ${why}\n${instead}`);
}
