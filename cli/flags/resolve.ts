/** From the command line as typed to the options of a job: what can be known before any worker runs. */

import { UsageError } from "../../api/errors.ts";
import type { Given, JobOptions, RuntimeName } from "../../api/options.ts";
import { type OptionValues, readJobOptions, SCRIPT_OPTIONS } from "../../api/options-table.ts";
import { errorsWithoutRejects } from "../../api/path-conflicts.ts";
import { loaderOf } from "../../api/script-file.ts";
import { parseSetting } from "../../api/values.ts";
import { KEEP_ORDER, type Typed } from "./parse.ts";
import { resolveScript } from "./script-source.ts";

/** Outputs that are stdout. */
const STDOUT_NAMES = new Set(["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]);

/**
 * @param own the runtime that runs us
 * @throws {UsageError} for what cannot be meant, and a script that is not there
 */
export function resolveTyped(
  typed: Typed,
  own: RuntimeName,
  folder: string,
  stdinIsTerminal: () => boolean,
): JobOptions {
  const script = resolveScript(typed, folder);
  // Every value is read now, what a script may set too: a wrong flag is found before anything is started.
  const said = new Map<string, string | true>();
  for (const [name, value] of typed.flags) if (typeof value === "string" || value === true) said.set(name, value);
  const values = readJobOptions(said);
  const words = script.url === undefined ? typed.words : typed.words.slice(1);
  if (values.range !== undefined && words.length > 0) {
    throw new UsageError(`Cannot read "${words[0]}" with --range: the range is the input`);
  }
  const filesFrom = values["files-from"];
  if (values.range !== undefined && filesFrom !== undefined)
    throw new UsageError("Cannot use --files-from with --range: the range is the input");
  if (filesFrom === "-" && words.includes("-"))
    throw new UsageError("Cannot read stdin twice: it is an input, and --files-from reads names from it");
  const readsStdin = filesFrom === undefined ? words.length === 0 : filesFrom === "-";
  if (values.range === undefined && readsStdin && stdinIsTerminal()) {
    throw new UsageError("Cannot start: there is no input, and stdin is a terminal\nName a file, or pipe something in");
  }
  checkTogether(values, said, typed.flags);
  const runtime = values.runtime ?? own;
  return {
    script: { ...script, loader: loaderOf(script, runtime, own) },
    inputs: values.range !== undefined ? [] : words.length > 0 || filesFrom !== undefined ? words : ["-"],
    filesFrom,
    glob: values.glob,
    range: values.range,
    outputPath: isStdout(values.output) ? undefined : values.output,
    resume: values.resume,
    restart: values.restart,
    keepsOrder: said.has(KEEP_ORDER.name),
    errorsPath: values.errors,
    cores: values.cores,
    engine: values.engine,
    master: values.master,
    shipsRuntime: values["ship-runtime"],
    ships: saidOften(typed, "ship"),
    conf: saidOften(typed, "conf").map(parseSetting),
    runtime,
    mode: values.mode,
    maxMemoryBytes: values["max-memory"],
    sandbox: values.sandbox,
    recycle: values.recycle,
    minFreeBytes: values["min-free"],
    maxLoad: values["max-load"],
    nice: values.nice,
    args: typed.rest,
    summary: said.has("quiet") ? "never" : said.has("verbose") ? "always" : "when there is something to say",
    progress: values.progress,
    explains: values.explain,
    coresSaid: said.has("cores"),
    stats: values.stats,
    reportPath: values.report,
    tracePath: values.trace,
    profilePath: values.profile,
    joblogPath: values.joblog,
    given: only(said, SCRIPT_OPTIONS),
    configured: only(typed.configured ?? new Map(), SCRIPT_OPTIONS),
  };
}

function isStdout(output: string | undefined): boolean {
  return output === undefined || STDOUT_NAMES.has(output);
}

/** Any number of them, from the command line; one from elsewhere. */
function saidOften({ flags }: Typed, name: string): string[] {
  return [flags.get(name) ?? []].flat().map(String);
}

/** In the order of the table: what is typed in another order is the same job for --resume. */
function only(said: Given, names: readonly string[]): Given {
  return new Map(names.flatMap((name) => (said.has(name) ? [[name, said.get(name) as string | true] as const] : [])));
}

/** @throws {UsageError} for flags that exclude each other */
function checkTogether(values: OptionValues, said: Given, flags: Typed["flags"]): void {
  const { resume, restart, unordered, output, errors, explain } = values;
  for (const name of ["master", "conf", "ship", "ship-runtime"] as const)
    if (flags.has(name) && values.engine !== "spark")
      throw new UsageError(`Cannot use --${name} without --engine spark: it is for Spark`);
  const shows = { ...values, stats: values.stats?.path };
  for (const name of ["stats", "report", "trace", "profile", "joblog"] as const)
    if (explain && shows[name] !== undefined)
      throw new UsageError(`Cannot use --${name} with --explain: it times some records, and there is no job to show`);
  if (errors !== undefined && said.get("on-error") === "fail") throw errorsWithoutRejects();
  if (resume && isStdout(output)) {
    const how = output === undefined ? "without -o" : `with -o ${output}`;
    throw new UsageError(`Cannot use --resume ${how}: stdout cannot be gone back to`);
  }
  if (resume && unordered) throw new UsageError("Cannot use --resume with --unordered: nothing tells what is written");
  if (resume && restart) throw new UsageError("Cannot use --resume with --restart: one goes on, the other starts over");
}
