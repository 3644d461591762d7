/**
 * The script: the user's module, what it may export and what its functions receive.
 */

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
  /** With `--from file`: all bytes of the record's file. */
  read(): Uint8Array;
  /** With `--from file`: the text of the record's file. */
  text(): string;
  /** Adds `n` to a counter of yours; counters are summed over all workers and shown in the summary. */
  count(name: string, n?: number): void;
  /** A number in [0, 1) that depends on `--seed` and the record only: the same at any number of cores. */
  random(): number;
  /** Aborted when the job is given up (a failure, Ctrl-C), before teardown; otherwise after it. */
  readonly signal: Signal;
  /** 1 for the first attempt at this record; more with `--retry-throws`. */
  readonly attempt: number;
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

/** Where the functions come from: a module, code from the command line, or both. */
export interface ScriptSource {
  /** The script as the user gave it, or the flag that stands for it. */
  readonly name: string;
  /** URL of the module; undefined when there is only code. */
  readonly url: string | undefined;
  /** Code by the name of the export it stands for: `map` for `-e`, `filter`, `reduce`, ... */
  readonly code: Readonly<Record<string, string>>;
  /** What messages call code, by the same names; where one is missing, by that name. */
  readonly codeNames?: Readonly<Record<string, string>>;
  /** The value that the program gives for the export `initial`, encoded as accumulators are; undefined where it gives none. */
  readonly initial?: string | undefined;
  readonly modules: readonly ModuleImport[];
  /** `tsx` where the runtime cannot load the module by itself. */
  readonly loader: "native" | "tsx";
  /** Whether the lines of its TypeScript are wanted, for a profile. */
  readonly keepsLines?: boolean | undefined;
  /** The folder that relative module names start from. */
  readonly folder: string;
}

export interface ModuleImport {
  readonly specifier: string;
  readonly alias: string;
}
