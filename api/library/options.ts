/** From options with values to the options of a job: what can be known before any worker runs. */
import { UsageError } from "../../core/errors.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { FUNCTION_EXPORTS } from "../../core/script/inline-code.ts";
import type { ScriptSource } from "../../core/script/types.ts";
import type { JobOptions } from "../options.ts";
import { readJobOptions } from "../options-table.ts";
import { parseChoice, parseSetting } from "../values.ts";
import type { OpenedInput } from "./inputs.ts";
import type { FlagOptions, ReduceOptions, WriteOptions } from "./types.ts";

/** A value as it would be typed for a flag; undefined where the flag would not be there. */
type AsTyped = (value: unknown) => string | true | undefined;

const text: AsTyped = (value) => String(value);
const flag: AsTyped = (value) => (value === true ? true : undefined);
const negated: AsTyped = (value) => (value === false ? true : undefined);
const duration: AsTyped = (value) => (typeof value === "number" ? `${value}ms` : String(value));
const list: AsTyped = (value) =>
  (value as readonly string[])
    .map((name) => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name))
    .join(",");
/** The types of columns by their names, or as they would be typed. */
const schema: AsTyped = (value) =>
  typeof value === "string" ? value : list(Object.entries(value as object).map(([name, type]) => `${name}:${type}`));

/** Options that a script may set, too: the flag that each stands for. */
const SCRIPT_SETTINGS: Readonly<Record<string, readonly [flag: string, asTyped: AsTyped]>> = {
  from: ["from", text],
  to: ["to", text],
  ordered: ["unordered", negated],
  bigints: ["bigints", flag],
  limit: ["limit", text],
  maxRecord: ["max-record", text],
  concurrency: ["concurrency", text],
  totalConcurrency: ["total-concurrency", text],
  rate: ["rate", text],
  onError: ["on-error", text],
  maxErrors: ["max-errors", text],
  retries: ["retries", text],
  retryThrows: ["retry-throws", text],
  timeout: ["timeout", duration],
  chunk: ["chunk", text],
  seed: ["seed", text],
  delimiter: ["delimiter", text],
  quote: ["quote", text],
  skip: ["skip", text],
  header: ["no-header", negated],
  columns: ["columns", list],
  types: ["types", text],
  schema: ["schema", schema],
  ragged: ["ragged", flag],
  comment: ["comment", text],
  trim: ["trim", flag],
  encoding: ["encoding", text],
  recordsAt: ["records-at", text],
};

/** The other options of a job. */
const JOB_SETTINGS = [
  "cores",
  "engine",
  "master",
  "conf",
  "ship",
  "shipRuntime",
  "runtime",
  "mode",
  "maxMemory",
  "maxLoad",
  "minFree",
  "recycle",
  "nice",
  "sandbox",
  "errors",
  "args",
  "report",
  "trace",
  "profile",
  "stats",
];
/** What an input is made of. */
const INPUT_SETTINGS = ["filesFrom", "glob"];
const PROGRAM_SETTINGS = ["signal", "handleSignals", "onStderr", "onWarning", "onProgress", "resume", "restart"];

/** Every option there is. */
export const OPTION_NAMES: readonly string[] = [
  ...Object.keys(SCRIPT_SETTINGS),
  ...JOB_SETTINGS,
  ...INPUT_SETTINGS,
  ...PROGRAM_SETTINGS,
  ...FUNCTION_EXPORTS,
];

/** Options that stand for a flag of the command line, by the flag. */
export const OPTION_OF_FLAG: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SCRIPT_SETTINGS).map(([option, [name]]) => [name, option])),
  ...Object.fromEntries([...JOB_SETTINGS, ...INPUT_SETTINGS].map((option) => [flagOf(option), option])),
};

export type LibraryOptions = FlagOptions & ReduceOptions & WriteOptions;

export function runtimeOf({ runtime }: LibraryOptions, own: RuntimeName): RuntimeName {
  return parseChoice("runtime", runtime ?? own, ["node", "deno", "bun"]);
}

export interface JobParts {
  readonly script: ScriptSource;
  readonly input: OpenedInput;
  /** The file that is written; undefined where the program gets the output. */
  readonly outputPath: string | undefined;
  readonly own: RuntimeName;
}

/** @throws {UsageError} for an option that there is not, and a value that it cannot have */
export function jobOptions(options: LibraryOptions, { script, input, outputPath, own }: JobParts): JobOptions {
  checkNames(options);
  const given = new Map<string, string | true>();
  for (const [option, [name, asTyped]] of Object.entries(SCRIPT_SETTINGS)) {
    const value = options[option as keyof LibraryOptions];
    const typed = value === undefined ? undefined : asTyped(value);
    if (typed !== undefined) given.set(name, typed);
  }
  if (input.isOfValues) {
    if (given.has("from") && given.get("from") !== "jsonl")
      throw new UsageError('Cannot use "from" with values: they have no format');
    given.set("from", "jsonl");
  }
  // What the program gets, it gets as values.
  if (outputPath === undefined && options.to === undefined) given.set("to", "jsonl");
  const machine = typed(options, [
    "cores",
    "engine",
    "master",
    "mode",
    "maxMemory",
    "recycle",
    "minFree",
    "maxLoad",
    "nice",
    "report",
    "trace",
    "profile",
  ]);
  const values = readJobOptions(new Map([...given, ...machine]));
  const conf = Object.entries(options.conf ?? {}).map(([name, value]) => parseSetting(`${name}=${value}`));
  for (const name of ["master", "conf", "ship", "shipRuntime"] as const)
    if (options[name] !== undefined && values.engine !== "spark")
      throw new UsageError(`Cannot use "${name}" without engine: "spark": it is for Spark`);
  return {
    script,
    inputs: input.inputs,
    filesFrom: options.filesFrom,
    glob: options.glob,
    range: input.range,
    outputPath,
    resume: options.resume === true,
    restart: options.restart === true,
    errorsPath: options.errors,
    cores: values.cores,
    engine: values.engine,
    master: values.master,
    conf,
    shipsRuntime: options.shipRuntime === true,
    ships: options.ship,
    runtime: runtimeOf(options, own),
    mode: values.mode,
    maxMemoryBytes: values["max-memory"],
    sandbox: options.sandbox === true,
    recycle: values.recycle,
    minFreeBytes: values["min-free"],
    maxLoad: values["max-load"],
    nice: values.nice,
    args: options.args ?? [],
    summary: "when there is something to say",
    withKeys: outputPath === undefined,
    progress: "off",
    explains: false,
    coresSaid: options.cores !== undefined,
    stats: options.stats === true ? { path: undefined } : undefined,
    reportPath: values.report,
    tracePath: values.trace,
    profilePath: values.profile,
    given,
  };
}

function flagOf(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Some of the options, as they would be typed, by their flags. */
function typed(options: LibraryOptions, names: readonly (keyof LibraryOptions)[]): Map<string, string> {
  const there = names.filter((name) => options[name] !== undefined);
  return new Map(there.map((name) => [flagOf(name), String(options[name])]));
}

function checkNames(options: object): void {
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
  if (unknown !== undefined) throw new UsageError(`Cannot use the option "${unknown}": there is none of that name`);
}
