/** From options with values to the options of a job: what can be known before any worker runs. */
import { UsageError } from "../../core/errors.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import type { ScriptSource } from "../../core/script/types.ts";
import type { JobOptions } from "../options.ts";
import { type OptionName, readJobOptions } from "../options-table.ts";
import { checkBoolean, typedValue } from "../typed-values.ts";
import { parseChoice, parseSetting } from "../values.ts";
import type { OpenedInput } from "./inputs.ts";
import { checkOption, checkOptions } from "./option-types.ts";
import type { FlagOptions, ReduceOptions, WriteOptions } from "./types.ts";

/** A value as it is for the flag: its type is checked as that of a script's option. */
type AsGiven = (value: unknown, what: string) => unknown;

const same: AsGiven = (value) => value;
const negated: AsGiven = (value, what) => checkBoolean(value, what) === false;
const duration: AsGiven = (value) => (typeof value === "number" ? `${value}ms` : value);
/** The types of columns by their names, or as they would be typed. */
const schema: AsGiven = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).map(([name, type]) => `${name}:${type}`)
    : value;

/** Options that a script may set, too: the flag that each stands for. */
const SCRIPT_SETTINGS: Readonly<Record<string, readonly [flag: OptionName, asGiven: AsGiven]>> = {
  from: ["from", same],
  to: ["to", same],
  ordered: ["unordered", negated],
  bigints: ["bigints", same],
  limit: ["limit", same],
  maxRecord: ["max-record", same],
  concurrency: ["concurrency", same],
  totalConcurrency: ["total-concurrency", same],
  rate: ["rate", same],
  onError: ["on-error", same],
  maxErrors: ["max-errors", same],
  retries: ["retries", same],
  retryThrows: ["retry-throws", same],
  timeout: ["timeout", duration],
  chunk: ["chunk", same],
  seed: ["seed", same],
  delimiter: ["delimiter", same],
  quote: ["quote", same],
  skip: ["skip", same],
  header: ["no-header", negated],
  columns: ["columns", same],
  types: ["types", same],
  schema: ["schema", schema],
  ragged: ["ragged", same],
  comment: ["comment", same],
  trim: ["trim", same],
  encoding: ["encoding", same],
  recordsAt: ["records-at", same],
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
/** Options that stand for a flag of the command line, by the flag. */
export const OPTION_OF_FLAG: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SCRIPT_SETTINGS).map(([option, [name]]) => [name, option])),
  ...Object.fromEntries([...JOB_SETTINGS, ...INPUT_SETTINGS].map((option) => [flagOf(option), option])),
};

export type LibraryOptions = FlagOptions & ReduceOptions & WriteOptions;

export function runtimeOf({ runtime }: LibraryOptions, own: RuntimeName): RuntimeName {
  checkOption("runtime", runtime);
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
  checkOptions(options);
  const given = new Map<string, string | true>();
  for (const [option, [name, asGiven]] of Object.entries(SCRIPT_SETTINGS)) {
    const what = `the option "${option}"`;
    const typed = typedValue(name, asGiven(options[option as keyof LibraryOptions], what), what);
    if (typed !== undefined) given.set(name, typed);
  }
  if (input.isOfValues) {
    if (given.has("from") && given.get("from") !== "jsonl")
      throw new UsageError('Cannot use "from" with values: they have no format');
    given.set("from", "jsonl");
  }
  checkInput(input, options);
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
    keepsOrder: options.ordered === true,
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

/** Options about files are not for other inputs. */
function checkInput({ inputs, range }: OpenedInput, { filesFrom, glob }: LibraryOptions): void {
  if (range !== undefined && filesFrom !== undefined)
    throw new UsageError("Cannot use filesFrom with { range }: the range is the input");
  const isNoFile = range !== undefined || inputs.some((each) => typeof each !== "string");
  if (isNoFile && glob !== undefined && filesFrom === undefined)
    throw new UsageError("Cannot use glob: the input is no folder, and no file of one");
}

function flagOf(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Some of the options, as they would be typed, by their flags. */
function typed(options: LibraryOptions, names: readonly (keyof LibraryOptions)[]): Map<string, string> {
  const there = names.filter((name) => options[name] !== undefined);
  return new Map(there.map((name) => [flagOf(name), String(options[name])]));
}
