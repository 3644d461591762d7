/** `pmap` and `preduce`. */
import { ValuesRun } from "./map-run.ts";
import { ReducedRun } from "./reduce-run.ts";
import type {
  Emitted,
  Input,
  MapLike,
  MapRun,
  PmapOptions,
  ReduceOptions,
  ReduceRun,
  ResultOf,
  ScriptModule,
  ScriptReference,
  ValueOf,
} from "./types.ts";

/**
 * Maps the records of an input with a script, on every core.
 *
 * @param script a function without closure; or the path (from the working folder) or URL of a module, or code
 * @param input a path, a stream, an iterable of values, `{ files }` or `{ range }`
 * @returns the values, in input order; the job starts when they are asked for
 *
 * @example
 * ```ts
 * for await (const value of pmap((n: number) => n * n, [1, 2, 3])) console.log(value);
 * const users = await pmap<typeof import("./score.ts")>(new URL("./score.ts", import.meta.url), "users.jsonl").toArray();
 * ```
 */
export function pmap<Map extends MapLike>(
  script: Map,
  input: Input,
  options?: PmapOptions,
): MapRun<Emitted<ReturnType<Map>>>;
export function pmap<Module extends ScriptModule = ScriptModule>(
  script: ScriptReference,
  input: Input,
  options?: PmapOptions,
): MapRun<ValueOf<Module>>;
export function pmap(script: ScriptReference | MapLike, input: Input, options?: PmapOptions): MapRun<unknown> {
  return new ValuesRun({ script, input, options });
}

/**
 * Reduces the records of an input, on every core, with the same bits on any number of them.
 *
 * @param script a module or code; or a map, as a function; undefined where all functions are options
 * @returns a promise of the result (with a key: of a Map in the order of the keys), which starts the job when it is awaited
 *
 * @example
 * ```ts
 * const sum = await preduce((n: number) => n * n, [1, 2, 3], { reduce: (a: number, b: number) => a + b });
 * ```
 */
export function preduce<Options extends ReduceOptions>(
  script: MapLike | undefined,
  input: Input,
  options: Options,
): ReduceRun<ResultOfOptions<Options>>;
export function preduce<Module extends ScriptModule = ScriptModule>(
  script: ScriptReference,
  input: Input,
  options?: ReduceOptions,
): ReduceRun<
  Module extends { key: (...parameters: never) => infer Key } ? Map<Key, ResultOf<Module>> : ResultOf<Module>
>;
export function preduce(
  script: ScriptReference | MapLike | undefined,
  input: Input,
  options?: ReduceOptions,
): ReduceRun<unknown> {
  return new ReducedRun({ script, input, options });
}

type ResultOfOptions<Options> = Options extends { key: (...parameters: never) => infer Key }
  ? Map<Key, ResultOf<Options>>
  : ResultOf<Options>;
