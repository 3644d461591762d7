/**
 * The types of the library, `import { pmap } from "pmap-cli"`.
 *
 * They stand alone: what a user's editor loads of pmap is this file, the errors and the types of scripts.
 */

import type { Context, Key } from "../../core/script/types.ts";
import type { Progress, Reject, Summary } from "./outcome-types.ts";

/** What a script's module exports, as far as types go: `typeof import("./script.ts")`. */
export type ScriptModule = object;

/** Code in place of a script, by the name of the export that it stands for: an expression over `_`, or a function. */
export interface CodeScript {
  readonly code: Readonly<
    Partial<Record<"map" | "filter" | "key" | "reduce" | "initial" | "merge" | "finish" | "setup" | "teardown", string>>
  >;
  /** Modules that the code sees, by their alias: `{ ms: "ms", fs: "node:fs" }`. */
  readonly modules?: Readonly<Record<string, string>>;
}

/** The script of a job: a module's path (from the working folder) or URL, or code. */
export type ScriptReference = string | URL | CodeScript;

/** Any function of a script's: typed by who writes it. */
// biome-ignore lint/suspicious/noExplicitAny: a record is what the input holds
export type MapLike = (record: any, ctx: Context) => unknown;

/** What a map emits: the values of a generator, what a promise resolves to; undefined emits nothing. */
export type Emitted<Returned> = Returned extends AsyncIterator<infer Value> | Iterator<infer Value, unknown, unknown>
  ? Value
  : // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing emits nothing
    Exclude<Awaited<Returned>, undefined | void>;

/** What the map of a script emits; a filter alone, or code, could be anything. */
export type ValueOf<Module> = Module extends { map: (...parameters: never) => infer Returned }
  ? Emitted<Returned>
  : Module extends { default: (...parameters: never) => infer Returned }
    ? Emitted<Returned>
    : Module extends { default: infer Inner extends object }
      ? ValueOf<Inner>
      : unknown;

/** What a script's reduce comes to: what its `finish` returns, or its accumulator. */
export type ResultOf<Module> = Module extends { finish: (...parameters: never) => infer Returned }
  ? Returned
  : Module extends { reduce: (...parameters: never) => infer Accumulator }
    ? Accumulator
    : unknown;

/** The whole of what a script may export, for `export default { ... } satisfies Script<Row, Out>`. */
export interface Script<In = unknown, Out = unknown, Acc = Out, Result = Acc> {
  map?(record: In, ctx: Context): Out | undefined | Promise<Out | undefined> | Iterator<Out> | AsyncIterator<Out>;
  filter?(record: In, ctx: Context): unknown;
  key?(record: In, value: Out): Key;
  reduce?(accumulator: Acc, value: Out): Acc;
  initial?: Acc | (() => Acc);
  merge?(one: Acc, other: Acc): Acc;
  finish?(accumulator: Acc, key?: Key): Result;
  setup?(ctx: Context): unknown;
  teardown?(ctx: Context): unknown;
  options?: Readonly<Record<string, unknown>>;
}

/** The numbers from A to B, both included: `[1, 1_000_000]`, `[0, 1, 0.25]`. */
export interface RangeInput {
  readonly range: readonly [from: number, to: number, step?: number];
}

/** Several files, one after the other: names, patterns of names and URLs. */
export interface FilesInput {
  readonly files: readonly (string | URL)[];
}

/** A stream of Node's, as far as it matters here. */
export interface NodeReadable extends AsyncIterable<unknown> {
  readonly readableObjectMode: boolean;
}

/**
 * Where records come from. A string or URL is a file (in any format of the command line's); a stream brings the bytes of one,
 * or values; any other iterable brings values, which travel as JSON. An endless one is read only as far as it is worked on.
 */
export type Input<Value = unknown> =
  | string
  | URL
  | FilesInput
  | RangeInput
  | ReadableStream<Value>
  | NodeReadable
  | Iterable<Value>
  | AsyncIterable<Value>;

/** Bytes: a number, or text such as `64K`, `10M` or `2G` (binary). */
export type Size = number | `${number}${"" | "B" | "K" | "M" | "G" | "T"}`;

/** Milliseconds: a number, or text such as `500ms`, `5s`, `2m` or `1h`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h"}`;

/** The flags of the command line, in camel case, with values: docs/flags.md tells more of each. */
export interface FlagOptions {
  /** The input's format. Without it: by the name of a file and how it begins; `jsonl` for a stream. */
  readonly from?: string;
  /** Values as soon as they are there when false: quicker where records take very different times. Default true. */
  readonly ordered?: boolean;
  /** Integers that a double cannot hold are BigInts. */
  readonly bigints?: boolean;
  /** The first N records only. */
  readonly limit?: number;
  /** A longer record is a reject. Default 64M. */
  readonly maxRecord?: Size;
  /** Workers: `4`, `"50%"`, `"-1"` (all but one). Default: all cores that this process may use. */
  readonly cores?: number | `${number}%` | `+${number}` | `-${number}`;
  /** Which runtime runs the workers. Default: the one that runs this program. */
  readonly runtime?: "node" | "deno" | "bun";
  /** What runs the job: this machine (the default), or Spark: docs/engines.md. Inputs are then files. */
  readonly engine?: "local" | "spark";
  /** With Spark: where it runs, as spark-submit takes it: `spark://host:7077`, `local[4]`. */
  readonly master?: string;
  /** With Spark: its settings, by their names. */
  readonly conf?: Readonly<Record<string, string | number | boolean>>;
  /** With Spark: files and folders beside the script that go along, as it reads them. */
  readonly ship?: readonly string[];
  /** With Spark: sends the runtime's program along, for machines that do not have it (Linux, of one architecture). */
  readonly shipRuntime?: boolean;
  /** How workers run: as processes (the default), as threads, or in this very thread. */
  readonly mode?: "process" | "thread" | "inline";
  /** Asynchronous records at once in each worker. Default 8. */
  readonly concurrency?: number;
  /** Asynchronous records at once in all workers together. */
  readonly totalConcurrency?: number;
  /** Records that start a second, minute or hour, in all workers together: `10/s`, `100/m`, `5000/h`. */
  readonly rate?: `${number}/${"s" | "m" | "h"}`;
  /** Memory that a worker may have. */
  readonly maxMemory?: Size;
  /** Nothing new starts while more processes than this want a core: `4`, `"80%"`. */
  readonly maxLoad?: number | `${number}%`;
  /** Nothing new starts while less memory than this is free. */
  readonly minFree?: Size;
  /** A worker is replaced after this number of records. */
  readonly recycle?: number;
  /** The priority of workers that are processes: from 0, as usual, to 19, the last in line. */
  readonly nice?: number;
  /** Workers without network, writing, spawning and environment; with Deno. */
  readonly sandbox?: boolean;
  /** What becomes of the job when a record fails: it fails, too (the default), or leaves the record out. */
  readonly onError?: "fail" | "skip";
  /** With `onError: "skip"`: more rejects than this end the job; `10` or `"5%"`. */
  readonly maxErrors?: number | `${number}%`;
  /** A file for the rejects. */
  readonly errors?: string;
  /** How often a record may take its worker down before it is a reject. Default 2. */
  readonly retries?: number;
  /** How often a record whose function throws is tried again, after pauses that grow. Default 0. */
  readonly retryThrows?: number;
  /** A record that takes longer is ended, with its worker. */
  readonly timeout?: Duration;
  /** Bytes that workers take at a time. */
  readonly chunk?: Size;
  /** For `ctx.random()`. Default 0. */
  readonly seed?: number;
  /** For CSV: the character between two fields. */
  readonly delimiter?: string;
  readonly quote?: "double" | "none";
  /** For CSV: lines before the header. */
  readonly skip?: number;
  /** For CSV: whether the first line names the columns. Default true. */
  readonly header?: boolean;
  /** For CSV: the columns that are wanted. */
  readonly columns?: readonly string[];
  readonly types?: "text" | "auto";
  /**
   * The types of columns of Parquet that is written, as the command line has them (`"id:int64,name:string?,..."`) or by name
   * (`{ id: "int64", name: "string?" }`).
   */
  readonly schema?: string | Readonly<Record<string, string>>;
  /** For CSV: lines with too many or too few fields are taken as they are. */
  readonly ragged?: boolean;
  /** For CSV: lines that begin with this character are none. */
  readonly comment?: string;
  /** For CSV: spaces around fields are no part of them. */
  readonly trim?: boolean;
  /** What the text of the input is written in, by a name that TextDecoder knows. */
  readonly encoding?: string;
  /** For JSON: the keys of the array that has the records, separated by dots. */
  readonly recordsAt?: string;
  /** A file with the names of more inputs. */
  readonly filesFrom?: string;
  /** Of inputs that are folders, the files that match it. */
  readonly glob?: string;
  /** A file for a page (HTML) that shows what the job did and where its time went. */
  readonly report?: string;
  /** A file for its events, which Perfetto and chrome://tracing show. */
  readonly trace?: string;
  /** A file (.cpuprofile) for where the script's own time goes, by function and line. */
  readonly profile?: string;
  /** The summary has `stats`: workers measure where their time goes. */
  readonly stats?: boolean;
  /** What the script finds as `ctx.args`. */
  readonly args?: readonly string[];
}

/** Functions in place of a script's exports, or beside them. Like a function that is the script they can have no closure. */
export interface FunctionOptions {
  readonly filter?: MapLike;
  readonly setup?: (ctx: Context) => unknown;
  readonly teardown?: (ctx: Context) => unknown;
}

/** What a program wants of a job, beside what the command line can say. */
export interface ProgramOptions {
  /** Ends the job, as `cancel` does. */
  readonly signal?: AbortSignal;
  /** Ctrl-C (SIGINT), SIGTERM and SIGHUP end the job in order, with PMAP_CANCELLED; a second one at once. Without it nothing listens. */
  readonly handleSignals?: boolean;
  /** What scripts print, in whole lines. Without it: this program's stderr. */
  readonly onStderr?: (bytes: Uint8Array) => void;
  /** What is probably not as it was meant. They are in the summary, too. */
  readonly onWarning?: (message: string) => void;
  /** How far the job is: some times a second while it gets on, and at its end. What it throws ends the job. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface PmapOptions extends FlagOptions, FunctionOptions, ProgramOptions {}

// biome-ignore lint/suspicious/noExplicitAny: typed by who writes them
type Any = any;

export interface ReduceOptions extends PmapOptions {
  readonly map?: MapLike;
  readonly key?: (record: Any, value: Any) => Key;
  readonly reduce?: (accumulator: Any, value: Any) => unknown;
  /** A JSON value, or a function without closure that makes one. */
  readonly initial?: unknown;
  readonly merge?: (one: Any, other: Any) => unknown;
  readonly finish?: (accumulator: Any, key?: Key) => unknown;
}

export interface WriteOptions {
  /** The format that is written. Without it: by the file's name, or `jsonl`. */
  readonly to?: "jsonl" | "json" | "csv" | "tsv" | "text" | "nul" | "parquet";
  /** Goes on where an interrupted run of the same job has ended. Files only. */
  readonly resume?: boolean;
  /** Starts over although an interrupted run could be gone on with. */
  readonly restart?: boolean;
}

/** A web stream or one of Node's that bytes can be written to. */
export type ByteTarget =
  | WritableStream<Uint8Array>
  | {
      write(bytes: Uint8Array): boolean;
      once(event: string, listener: (...values: never[]) => void): unknown;
      removeListener(event: string, listener: (...values: never[]) => void): unknown;
    };

/** What a job of any kind offers. Each starts when its result is asked for. */
interface Running {
  /** Resolves when the job is done, rejects when it fails; does not start it. */
  readonly summary: Promise<Summary>;
  /** Rejects as they come, with `onError: "skip"`. To be asked for before the job starts: they are kept only then. */
  readonly rejects: AsyncIterable<Reject>;
  /** Ends the job and its workers; the result rejects with PMAP_CANCELLED. Resolves when all of them are gone. */
  cancel(reason?: unknown): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The values of a map, in input order. It can be consumed once, in one of the ways below.
 * Leaving a `for await` loop early ends the workers.
 */
export interface MapRun<Value> extends AsyncIterable<Value>, Running {
  [Symbol.asyncIterator](): AsyncIterator<Value, undefined>;
  toArray(): Promise<Value[]>;
  /** Waits for what `action` returns before the next value. */
  forEach(action: (value: Value) => unknown): Promise<void>;
  /** Workers write the file themselves, and it takes its place when it is complete; a stream gets the bytes. */
  writeTo(target: string | URL | ByteTarget, options?: WriteOptions): Promise<Summary>;
  /** As a web stream. */
  readonly readable: ReadableStream<Value>;
}

/** The result of a reduce: a promise that starts the job when it is awaited. */
export interface ReduceRun<Result> extends PromiseLike<Result>, Running {
  /** With a key: groups in the order of their keys, not held in memory all at once. */
  entries(): AsyncIterableIterator<Result extends ReadonlyMap<infer K, infer V> ? [K, V] : [Key, unknown]>;
  catch<Other>(onRejected: (error: unknown) => Other | PromiseLike<Other>): Promise<Result | Other>;
  finally(onEnd: () => void): Promise<Result>;
}
