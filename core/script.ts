/**
 * The script: the user's module, what it may export and what its functions receive.
 */

import { carry, uncarry } from "./combine/carry.ts";

/** The runtime's own AbortSignal where its types are loaded; otherwise the part of it that everybody has. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Native } }
  ? Native
  : { readonly aborted: boolean; readonly reason: unknown; throwIfAborted(): void };

/** What every function of a script gets as its last argument. */
export interface Context {
  /** Byte offset of the record in its source; with `--range`, its position in the range, from 0. */
  readonly offset: number;
  /** The input file's name as it was given, or `-` for stdin. */
  readonly source: string;
  /** The worker's number, from 0. */
  readonly worker: number;
  /** Adds `n` to a counter of yours; counters are summed over all workers and shown in the summary. */
  count(name: string, n?: number): void;
  /** A number in [0, 1) that depends on `--seed` and the record only: the same at any number of cores. */
  random(): number;
  /** Aborted when the job is given up (a failure, Ctrl-C), before teardown; otherwise after it. */
  readonly signal: Signal;
  /** What follows `--` on the command line. */
  readonly args: readonly string[];
}

export type Key = string | number | boolean | null;
// The user's functions take and return what they like: the types of a script are its own business.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Any = any;
export type MapFunction = (record: Any, ctx: Context) => unknown;
export type FilterFunction = (record: Any, ctx: Context) => unknown;
export type KeyFunction = (record: Any, value: Any) => Key;
export type ReduceFunction = (accumulator: Any, value: Any) => unknown;
export type FinishFunction = (accumulator: Any, key?: Key) => unknown;
export type LifeFunction = (ctx: Context) => unknown;

/** A script that has been loaded and found sound. */
export interface Script {
  readonly map: MapFunction | undefined;
  readonly filter: FilterFunction | undefined;
  readonly key: KeyFunction | undefined;
  readonly reduce: ReduceFunction | undefined;
  /** Makes a fresh accumulator for a fold; undefined when the first value starts it. */
  readonly initial: (() => unknown) | undefined;
  readonly merge: ReduceFunction | undefined;
  readonly finish: FinishFunction | undefined;
  readonly setup: LifeFunction | undefined;
  readonly teardown: LifeFunction | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** The names of all exports, for a look at misspelled ones. */
  readonly exports: readonly string[];
}

/** What the coordinator needs to know of a script; it never loads the script itself. */
export interface ScriptFacts {
  readonly keyed: boolean;
  readonly reduces: boolean;
  readonly setsUp: boolean;
  readonly tearsDown: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly exports: readonly string[];
}

/** A script that cannot be used. The message says which and why; it is shown as it is. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

const FUNCTIONS = ["map", "filter", "key", "reduce", "merge", "finish", "setup", "teardown"] as const;
const MAX_EXPORT_NAMES = 100;

/**
 * Checks what a module exports and makes a Script of it.
 * @param name the script as the user gave it, for messages
 * @param overrides functions given on the command line; they win over the module's
 * @throws {ScriptError} when there is neither a map nor a filter nor a reduce, or an export is not what it has to be
 */
export function readScript(
  name: string,
  exports: Readonly<Record<string, unknown>>,
  overrides: Readonly<Record<string, unknown>> = {},
): Script {
  const given: Record<string, unknown> = { ...exports, ...overrides };
  const map = overrides.map ?? exports.map ?? exports.default;
  for (const word of FUNCTIONS) {
    const value = word === "map" ? map : given[word];
    if (value === undefined || typeof value === "function") continue;
    throw new ScriptError(
      `Cannot use "${name}": its ${exportName(word, exports)} is ${describe(value)}, not a function`,
    );
  }
  if (map === undefined && given.reduce === undefined && given.filter === undefined)
    throw new ScriptError(noWork(name, exports));
  for (const word of ["key", "merge", "finish", "initial"] as const) {
    if (given[word] !== undefined && given.reduce === undefined) {
      throw new ScriptError(`Cannot use "${name}": it has a ${word}, which needs a reduce`);
    }
  }
  if (given.initial !== undefined && given.merge === undefined && takesNoValue(given.reduce as ReduceFunction)) {
    throw new ScriptError(
      `Cannot use "${name}": its reduce takes no value, so it cannot merge two accumulators\n` +
        "Give a merge, such as (a, b) => a + b",
    );
  }
  if (given.options !== undefined && !isPlainObject(given.options)) {
    throw new ScriptError(`Cannot use "${name}": its export "options" is ${describe(given.options)}, not an object`);
  }
  return {
    map: map as MapFunction | undefined,
    filter: given.filter as FilterFunction | undefined,
    key: given.key as KeyFunction | undefined,
    reduce: given.reduce as ReduceFunction | undefined,
    initial: readInitial(name, given.initial),
    merge: given.merge as ReduceFunction | undefined,
    finish: given.finish as FinishFunction | undefined,
    setup: given.setup as LifeFunction | undefined,
    teardown: given.teardown as LifeFunction | undefined,
    options: (given.options ?? {}) as Record<string, unknown>,
    exports: Object.keys(exports).slice(0, MAX_EXPORT_NAMES),
  };
}

/** One parameter, and no second one that only has a default. */
function takesNoValue(reduce: ReduceFunction): boolean {
  const parameters = /^[^(]*\(([^)]*)\)/.exec(String(reduce))?.[1] ?? "";
  return reduce.length === 1 && !parameters.includes(",");
}

export function scriptFacts(script: Script): ScriptFacts {
  return {
    keyed: script.key !== undefined,
    reduces: script.reduce !== undefined,
    setsUp: script.setup !== undefined,
    tearsDown: script.teardown !== undefined,
    options: script.options,
    exports: script.exports,
  };
}

/** A value is cloned for every fold, as a partial is, so that a reduce that mutates cannot leak into the next one. */
function readInitial(name: string, initial: unknown): (() => unknown) | undefined {
  if (initial === undefined) return undefined;
  if (typeof initial === "function") return initial as () => unknown;
  if (typeof initial !== "object" || initial === null) return () => initial;
  let carried: string;
  try {
    carried = carry(initial);
  } catch (error) {
    throw new ScriptError(
      `Cannot use "${name}": its initial: ${(error as Error).message}; a function can make any value`,
    );
  }
  return () => uncarry(carried);
}

function exportName(word: string, exports: Readonly<Record<string, unknown>>): string {
  return word === "map" && exports.map === undefined ? "default export" : `export "${word}"`;
}

function noWork(name: string, exports: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exports);
  const found = names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`;
  return `Cannot use "${name}": ${found}, but no default (or map), no filter and no reduce`;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
