/**
 * The options of a job, each once: how its text is read, its default, and whether a script's `options` may set it. The command
 * line, PMAP_OPTIONS, configuration files and scripts all give text; a program gives the values. cli/flags/table.ts adds how an
 * option is typed, cli/help what is told of it.
 */
import { countCores } from "../adapters/system/cores.ts";
import { UsageError } from "../core/errors.ts";
import { DEFAULT_FORMAT, inputNames, outputNames } from "../core/formats/registry.ts";
import type { Mode } from "../core/platform/runtime.ts";
import { listText, pathText } from "./list-text.ts";
import type { Given } from "./options.ts";
import {
  parseChoice,
  parseColumns,
  parseComment,
  parseCores,
  parseCount,
  parseDelimiter,
  parseDuration,
  parseEncoding,
  parseLoad,
  parseMaxErrors,
  parseMaxMemory,
  parseModule,
  parseNice,
  parsePath,
  parseRange,
  parseRate,
  parseSchema,
  parseSetting,
  parseSize,
} from "./values.ts";

/** What the meaning of a value depends on besides its text. */
export interface Around {
  readonly usableCores: number;
  readonly mode: Mode;
}

export interface Option<T = unknown, D = unknown> {
  /** @throws {UsageError} that names the flag, the text and what is expected */
  readonly parse: (text: string, flag: string, around: Around) => T;
  /** Undefined where there is none, or where it follows from the input or the machine. */
  readonly default: D;
  /** Whether a script's `options` may set it. */
  readonly scriptMaySet: boolean;
  /** Its value where the flag stands alone; undefined where it cannot. */
  readonly alone?: T;
  /** The values that there are, where they can be counted. */
  readonly choices?: readonly string[];
  /** The text of a value that is given as an array; undefined where none can be. */
  readonly list?: (items: readonly string[]) => string;
}

type Kind<T> = Pick<Option<T>, "parse" | "alone" | "choices" | "list">;

const text: Kind<string> = { parse: (given) => given };
const file: Kind<string> = { parse: (given, flag) => parseFile(flag, given) };
const size: Kind<number> = { parse: (given, flag) => parseSize(flag, given) };
const duration: Kind<number> = { parse: (given, flag) => parseDuration(flag, given) };
const count = (least: number): Kind<number> => ({ parse: (given, flag) => parseCount(flag, given, least) });
/** A format that is registered after this table is taken, too. */
const formatOf = (names: () => readonly string[]): Kind<string> => ({
  parse: (given, flag) => parseChoice(flag, given, names()),
  choices: names(),
});

const oneOf = <const T extends string>(choices: readonly T[]): Kind<T> => ({
  parse: (given, flag) => parseChoice(flag, given, choices),
  choices,
});
const on: Kind<true> = { parse: () => true, alone: true };

function option<T, const D extends T | boolean | undefined>(kind: Kind<T>, otherwise: D): Option<T, D> {
  return { ...kind, default: otherwise, scriptMaySet: false };
}

function scriptOption<T, const D extends T | boolean | undefined>(kind: Kind<T>, otherwise: D): Option<T, D> {
  return { ...option(kind, otherwise), scriptMaySet: true };
}

export const OPTIONS = {
  eval: option(text, undefined),
  filter: option(text, undefined),
  key: option(text, undefined),
  reduce: option(text, undefined),
  initial: option(text, undefined),
  merge: option(text, undefined),
  finish: option(text, undefined),
  module: option({ parse: parseModule }, undefined),

  from: scriptOption(formatOf(inputNames), DEFAULT_FORMAT),
  "records-at": scriptOption({ parse: parsePath, list: pathText }, undefined),
  "files-from": option(text, undefined),
  glob: option(text, undefined),
  encoding: scriptOption({ parse: parseEncoding }, undefined),
  range: option({ parse: parseRange }, undefined),
  limit: scriptOption(count(0), undefined),
  bigints: scriptOption(on, false),
  "max-record": scriptOption(size, 64 * 1024 * 1024),

  delimiter: scriptOption({ parse: parseDelimiter }, undefined),
  quote: scriptOption(oneOf(["double", "none"]), "double"),
  skip: scriptOption(count(0), 0),
  "no-header": scriptOption(on, false),
  columns: scriptOption({ parse: parseColumns, list: listText }, undefined),
  types: scriptOption(oneOf(["text", "auto"]), "text"),
  schema: scriptOption({ parse: parseSchema, list: listText }, undefined),
  ragged: scriptOption(on, false),
  comment: scriptOption({ parse: parseComment }, undefined),
  trim: scriptOption(on, false),

  to: scriptOption(formatOf(outputNames), DEFAULT_FORMAT),
  output: option(text, undefined),
  resume: option(on, false),
  restart: option(on, false),
  unordered: scriptOption(on, false),

  engine: option(oneOf(["local", "spark"]), "local"),
  master: option(text, undefined),
  conf: option({ parse: parseSetting }, undefined),
  ship: option(text, undefined),
  "ship-runtime": option(on, false),
  cores: option({ parse: (given, _, { usableCores }) => parseCores(given, usableCores) }, undefined),
  runtime: option(oneOf(["node", "deno", "bun"]), undefined),
  mode: option(oneOf(["process", "thread", "inline"]), "process"),
  concurrency: scriptOption(count(1), 8),
  "total-concurrency": scriptOption(count(1), undefined),
  rate: scriptOption({ parse: parseRate }, undefined),
  "max-memory": option({ parse: (given, _, { mode }) => parseMaxMemory(given, mode) }, undefined),
  recycle: option(count(1), undefined),
  "min-free": option(size, undefined),
  "max-load": option({ parse: (given, _, { usableCores }) => parseLoad(given, usableCores) }, undefined),
  nice: option({ parse: parseNice }, undefined),
  sandbox: option(on, false),

  "on-error": scriptOption(oneOf(["fail", "skip"]), "fail"),
  "max-errors": scriptOption({ parse: parseMaxErrors }, undefined),
  errors: option(text, undefined),
  retries: scriptOption(count(0), 2),
  "retry-throws": scriptOption(count(0), 0),
  timeout: scriptOption(duration, undefined),

  progress: option(oneOf(["auto", "bar", "plain", "json", "off"]), "auto"),
  stats: option({ parse: parseStats, alone: { path: undefined } }, undefined),
  report: option(file, undefined),
  trace: option(file, undefined),
  profile: option(file, undefined),
  joblog: option(text, undefined),
  explain: option(on, false),
  chunk: scriptOption(size, undefined),
  seed: scriptOption(count(0), 0),
};

export type OptionName = keyof typeof OPTIONS;
type Parsed<N extends OptionName> = ReturnType<(typeof OPTIONS)[N]["parse"]>;
/** The value of each option, by the name of its flag. */
export type OptionValues = {
  readonly [N in OptionName]: Parsed<N> | (typeof OPTIONS)[N]["default"];
};

export const SCRIPT_OPTIONS = (Object.keys(OPTIONS) as OptionName[]).filter((name) => OPTIONS[name].scriptMaySet);

export const DEFAULT_VALUES = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, { default: value }]) => [name, value]),
) as OptionValues;

/**
 * The values of the options that are given, and of no others.
 * @throws {UsageError} for a text that is no value
 */
export function readOptions(given: Given, around: Around): Partial<OptionValues> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const typed = given.get(name);
    if (typed === undefined) continue;
    const { parse, alone }: Option = OPTIONS[name];
    values[name] = typed === true && alone !== undefined ? alone : parse(String(typed), name, around);
  }
  return values as Partial<OptionValues>;
}

/**
 * All values of a job: those that are given, and the defaults of the others. Cores are the usable ones where they are not given.
 * @throws {UsageError} for a text that is no value
 */
export function readJobOptions(given: Given): OptionValues & { readonly cores: number } {
  const { usable: usableCores } = countCores();
  const usual = { usableCores, mode: DEFAULT_VALUES.mode };
  const { mode } = { ...usual, ...readOptions(new Map([...given].filter(([name]) => name === "mode")), usual) };
  const values = { ...DEFAULT_VALUES, ...readOptions(given, { usableCores, mode }) };
  return { ...values, cores: values.cores ?? usableCores };
}

function parseFile(flag: string, path: string): string {
  if (path === "" || path === "-") throw new UsageError(`Cannot use "--${flag} ${path}": it needs the name of a file`);
  return path;
}

/** Where the workers' time is told: in a file, or on stderr. */
function parseStats(path: string): { readonly path: string | undefined } {
  if (path === "") throw new UsageError('Cannot use "--stats=": it needs a FILE, or no "="');
  return { path };
}
