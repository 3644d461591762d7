/** Scripts that answer item by item: each record has one value, the array of all that it emits. */

import type { MapFunction, Script } from "../../script/types.ts";
import { VerbError } from "../records/record-error.ts";
import { collect, isAsyncGenerator, isGenerator, isThenable } from "../records/returned-value.ts";

export function answering(script: Script): Script {
  const { map, filter } = script;
  const valuesOf: MapFunction = (record, ctx) => emitted(map === undefined ? record : map(record, ctx));
  if (filter === undefined) return { ...script, map: valuesOf };
  const mapIfKept: MapFunction = (record, ctx) => {
    const kept = asFilter(() => filter(record, ctx));
    if (isThenable(kept)) return Promise.resolve(kept).then((answer) => (answer ? valuesOf(record, ctx) : []), failed);
    return kept ? valuesOf(record, ctx) : [];
  };
  return { ...script, filter: undefined, map: mapIfKept };
}

function asFilter<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): never {
  throw new VerbError("filter", error);
}

/** What a map has returned, as the array of what it emits; a promise of it where that takes time. */
function emitted(value: unknown): unknown {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null) return printable([value]);
  if (isThenable(value) || isAsyncGenerator(value)) return collect(value).then(valuesOrThrow);
  return printable(isGenerator(value) ? [...value] : [value]);
}

function valuesOrThrow(settled: Awaited<ReturnType<typeof collect>>): unknown {
  if ("error" in settled) throw settled.error;
  return printable(settled.values);
}

/** JSON has no form for some values: a map emits nothing then, where an array would have null. */
function printable(values: readonly unknown[]): readonly unknown[] {
  return values.filter((value) => value !== undefined && typeof value !== "function" && typeof value !== "symbol");
}
