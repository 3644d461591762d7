/** Calls of the script's reduce, merge and finish, which are about no single record. */
import { JobError } from "../../errors.ts";
import type { FinishFunction, Key, ReduceFunction, Script } from "../../script/types.ts";
import { isAsyncGenerator, isGenerator } from "../records/returned-value.ts";
import { decodeAccumulator, encodeAccumulator } from "../script/accumulator-codec.ts";
import { checkCarriedWhole } from "../script/carried-whole.ts";

/** One step of a fold, shared by whole and grouped reduces. */
export interface Folder {
  /** The first value's accumulator. */
  start(value: unknown): unknown;
  step(accumulator: unknown, value: unknown): unknown;
  merge(left: unknown, right: unknown): unknown;
}

export function createFolder(script: Script): Folder {
  const reduce = script.reduce as ReduceFunction;
  const { initial, merge } = script;
  const first = merge === undefined ? checkedFirst(reduce) : reduce;
  return {
    start: initial === undefined ? (value) => value : (value) => notPromise("reduce", first(initial(), value)),
    step: reduce,
    merge: createMerge(merge ?? reduce),
  };
}

/** As callNamed, without a function for each call: there is one for each group of each run. */
function createMerge(merge: (left: unknown, right: unknown) => unknown): Folder["merge"] {
  return (left, right) => {
    let value: unknown;
    try {
      value = merge(left, right);
    } catch (error) {
      throw named("merge", error);
    }
    return notPromise("merge", value);
  };
}

/** What a function of the script threw when no record was at hand to be blamed for it. */
export class CallError extends Error {
  readonly verb: string;
  constructor(verb: string, cause: unknown) {
    super(verb, { cause });
    this.verb = verb;
  }
}

/** Calls a function of the script that is not about one record; a promise is refused. */
export function callNamed(verb: string, call: () => unknown): unknown {
  let value: unknown;
  try {
    value = call();
  } catch (error) {
    throw named(verb, error);
  }
  return notPromise(verb, value);
}

function named(verb: string, error: unknown): unknown {
  return error instanceof JobError ? error : new CallError(verb, error);
}

/**
 * Without `merge`, `reduce` has to merge accumulators too. Where an accumulator is visibly of another type than the
 * values it can't, and the first step of every fold says so.
 */
function checkedFirst(reduce: ReduceFunction): ReduceFunction {
  return (accumulator, value) => {
    if (typeKind(accumulator) !== typeKind(value)) {
      throw new JobError(
        `Cannot merge partial results: the accumulator is ${typeKind(accumulator)}, the values are ${typeKind(value)}, ` +
          "and reduce cannot take both\nGive a merge: (accumulator, accumulator) => accumulator",
      );
    }
    return reduce(accumulator, value);
  };
}

function typeKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A promise would be folded like a value, and nothing would be right after it. */
export function notPromise(verb: string, value: unknown): unknown {
  if (typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function") {
    throw new JobError(`Cannot use an asynchronous ${verb}: it returned a promise\nAwait in map, fold in reduce`);
  }
  return value;
}

/** A fresh accumulator where no value has been folded: refused for what is refused where values are. */
export function emptyAccumulator(initial: () => unknown): unknown {
  const value = callNamed("initial", initial);
  checkCarriedWhole(value);
  return decodeAccumulator(encodeAccumulator(value));
}

/** What `finish` makes of an accumulator: one result, which no iterator is. */
export function finished(finish: FinishFunction, accumulator: unknown, key?: Key): unknown {
  const result = callNamed("finish", () => finish(accumulator, key));
  if (typeof result === "object" && result !== null && (isGenerator(result) || isAsyncGenerator(result)))
    throw new JobError(
      "Cannot use a generator or another iterator as the result of finish: a result is one value\n" +
        "Return an array: [...values]",
    );
  return result;
}
