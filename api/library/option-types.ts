/** What each option of the library takes. What a text or a number may be is for the flag that the option stands for. */
import { UsageError } from "../../core/errors.ts";
import { OPTIONS, type OptionName } from "../options-table.ts";
import { wrongType } from "../typed-values.ts";
import type { FlagOptions, ReduceOptions, WriteOptions } from "./types.ts";

type LibraryOptions = FlagOptions & ReduceOptions & WriteOptions;

interface OptionType {
  /** For messages: `expected ..., not 5`. */
  readonly takes: string;
  is(value: unknown): boolean;
}

const yesOrNo: OptionType = { takes: "true or false", is: (value) => typeof value === "boolean" };
const text: OptionType = { takes: "a string", is: isText };
const texts: OptionType = { takes: "an array of strings", is: isTexts };
const textOrTexts: OptionType = {
  takes: "a string or an array of strings",
  is: (value) => isText(value) || isTexts(value),
};
const number: OptionType = {
  takes: "a string or a number",
  is: (value) => isText(value) || typeof value === "number" || typeof value === "bigint",
};
const oneOf = (flag: OptionName): OptionType => ({ takes: `one of ${OPTIONS[flag].choices?.join(", ")}`, is: isText });
const code: OptionType = { takes: "a function", is: (value) => typeof value === "function" };
const signal: OptionType = { takes: "an AbortSignal", is: isAbortSignal };
const settings: OptionType = {
  takes: "an object of strings, numbers and booleans",
  is: (value) =>
    isPlain(value) && Object.values(value).every((each) => ["string", "number", "boolean"].includes(typeof each)),
};
const columnTypes: OptionType = {
  takes: "a string, an array of strings or an object of strings",
  is: (value) => textOrTexts.is(value) || (isPlain(value) && Object.values(value).every(isText)),
};
/** Null is a value here, too. */
const anything: OptionType = { takes: "a JSON value or a function", is: () => true };
/** Items: not the text of a number, as no flag stands for it. */
const wholeNumber: OptionType = {
  takes: "a whole number or Infinity",
  is: (value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= 0),
};

export const OPTION_TYPES: Readonly<Record<keyof LibraryOptions, OptionType>> = {
  from: oneOf("from"),
  to: oneOf("to"),
  ordered: yesOrNo,
  bigints: yesOrNo,
  limit: number,
  maxRecord: number,
  cores: number,
  runtime: oneOf("runtime"),
  engine: oneOf("engine"),
  master: text,
  conf: settings,
  ship: texts,
  shipRuntime: yesOrNo,
  mode: oneOf("mode"),
  concurrency: number,
  totalConcurrency: number,
  rate: text,
  maxMemory: number,
  maxLoad: number,
  minFree: number,
  recycle: number,
  nice: number,
  sandbox: yesOrNo,
  onError: oneOf("on-error"),
  maxErrors: number,
  errors: text,
  retries: number,
  retryThrows: number,
  timeout: number,
  chunk: number,
  seed: number,
  delimiter: text,
  quote: oneOf("quote"),
  skip: number,
  header: yesOrNo,
  columns: textOrTexts,
  types: oneOf("types"),
  schema: columnTypes,
  ragged: yesOrNo,
  comment: text,
  trim: yesOrNo,
  encoding: text,
  recordsAt: textOrTexts,
  filesFrom: text,
  glob: text,
  report: text,
  trace: text,
  profile: text,
  stats: yesOrNo,
  args: texts,
  resume: yesOrNo,
  restart: yesOrNo,
  filter: code,
  setup: code,
  teardown: code,
  map: code,
  key: code,
  reduce: code,
  initial: anything,
  merge: code,
  finish: code,
  signal,
  handleSignals: yesOrNo,
  onStderr: code,
  onWarning: code,
  onProgress: code,
};

const TYPES: Readonly<Record<string, OptionType>> = { ...OPTION_TYPES, maxQueued: wholeNumber };

/**
 * The options without those that are null, which is as if they were not there. All may be null.
 * @param what they are called in messages
 * @throws {UsageError} for what is no object of options; an option that there is not is for `checkOptions`
 */
export function givenOptions<Options extends object>(options: Options | null | undefined, what: string): Options {
  const all = options ?? {};
  if (!isPlain(all)) throw wrongType(what, "an object", all);
  const given = Object.entries(all).filter(([name, value]) => value !== null || (typeOf(name)?.is(null) ?? true));
  return Object.fromEntries(given) as Options;
}

/**
 * @param names the options that may be there
 * @throws {UsageError} for one of another name, and for one that is not of its type
 */
export function checkOptions(options: object, names: readonly string[] = Object.keys(OPTION_TYPES)): void {
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) throw new UsageError(`Cannot use the option "${name}": there is none of that name`);
    checkOption(name, value);
  }
}

/** @throws {UsageError} when the option is not of its type */
export function checkOption(name: string, value: unknown): void {
  const type = typeOf(name);
  if (value === undefined || value === null || type === undefined || type.is(value)) return;
  throw wrongType(`the option "${name}"`, type.takes, value);
}

function typeOf(name: string): OptionType | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

/** An object that is of no class. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** By what it can do: a test environment may have a class of its own. */
function isAbortSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === "boolean" && typeof addEventListener === "function" && typeof removeEventListener === "function"
  );
}
