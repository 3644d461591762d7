/** From what a module exports to a script: checks each export and says what is wrong with it. */

import type {
  FilterFunction,
  FinishFunction,
  KeyFunction,
  LifeFunction,
  MapFunction,
  ReduceFunction,
  Script,
  ScriptFacts,
} from "../../script/types.ts";
import { decodeAccumulator } from "./accumulator-codec.ts";
import { encodeWhole } from "./carried-whole.ts";

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
  checkOptions(name, given.options);
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
  let encoded: string;
  try {
    encoded = encodeWhole(initial);
  } catch (error) {
    throw new ScriptError(`Cannot use "${name}": its initial: ${(error as Error).message}`);
  }
  return () => decodeAccumulator(encoded);
}

function exportName(word: string, exports: Readonly<Record<string, unknown>>): string {
  return word === "map" && exports.map === undefined ? "default export" : `export "${word}"`;
}

function noWork(name: string, exports: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exports);
  const found = names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`;
  return `Cannot use "${name}": ${found}, but no default (or map), no filter and no reduce`;
}

/** Options travel as JSON, which would leave out or change what is refused here. */
function checkOptions(name: string, options: unknown): void {
  if (options === undefined) return;
  if (!isPlainObject(options))
    throw new ScriptError(`Cannot use "${name}": its export "options" is ${describe(options)}, not a plain object`);
  for (const [option, value] of Object.entries(options)) {
    if (typeof value === "number" ? Number.isFinite(value) : !NOT_JSON.includes(typeof value)) continue;
    const found = typeof value === "number" ? String(value) : describe(value);
    throw new ScriptError(`Cannot use "${name}": its option "${option}" is ${found}, which no option can be`);
  }
}

const NOT_JSON = ["bigint", "function", "symbol"];

/** Also one of another realm. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  const { constructor: made } = value;
  return typeof made !== "function" || made === Object ? "an object" : `an instance of ${made.name}`;
}
