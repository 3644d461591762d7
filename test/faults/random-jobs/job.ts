/** What a random job is: all that its run and its expected result depend on. */

export type Format = "jsonl" | "json" | "text" | "nul" | "csv" | "bytes" | "range";
/** What starts pmap; `other` is what runs the workers, where it is another. */
export type Program = "node" | "node24" | "bun" | "deno";

/** What a record does instead of being mapped. `once` exits the first time only. */
export type Deed = "throw" | "bigint" | "exit 0" | "exit 3" | "exit later" | "kill" | "once" | "hang" | "never";

export interface Input {
  /** `-` is stdin. */
  readonly name: string;
  /** Lines with their ends, or whatever else can be left out in one piece. */
  readonly pieces: readonly Uint8Array[];
  /** How the bytes of the file are compressed; a stdin that is piped is not. */
  readonly packed?: Packing | undefined;
}

export type Packing = "one member" | "two members" | "blocks";

export interface Script {
  /** How the map gives its value; `none` is a job that only filters. */
  readonly style: "plain" | "async" | "sleeps" | "mixed" | "generator" | "async generator" | "none";
  /** A name of MAPS. */
  readonly map: string;
  readonly filter: "none" | "plain" | "async";
  /** A name of REDUCES. */
  readonly reduce: string | undefined;
  /** A name of KEYS. */
  readonly key: string | undefined;
  readonly setup: "none" | "plain" | "async" | "exits once" | "throws";
  readonly teardown: "none" | "plain" | "async" | "throws" | "exits";
  /** Microseconds of computing a record; every 97th of a job with `unevenly` takes a hundred times as long. */
  readonly costUs: number;
  readonly unevenly: boolean;
  /** By the number of a record. */
  readonly deeds: ReadonlyMap<number, Deed>;
  readonly deedIn: "map" | "filter";
}

/** Moments are in starts: how long a job that does nothing takes on this machine, now. */
export type Fault =
  | { readonly tag: "none" }
  /** Workers are killed from outside. */
  | { readonly tag: "workers"; readonly at: readonly number[] }
  /** The coordinator is killed, and started again with --resume. */
  | { readonly tag: "coordinator"; readonly at: readonly number[]; readonly workersAt: readonly number[] }
  /** Then, where there is an output to go on with, --resume. */
  | {
      readonly tag: "signal";
      readonly signal: "SIGINT" | "SIGTERM";
      readonly at: number;
      readonly againMs: number | undefined;
    }
  /** The reader of stdout takes this many bytes and closes it. */
  | { readonly tag: "reader goes"; readonly bytes: number }
  | { readonly tag: "reader is slow" };

export interface Job {
  readonly from: Format;
  /** Files, `-` among them; one called `-` alone may be redirected instead of piped. */
  readonly inputs: readonly Input[];
  readonly redirected: boolean;
  /** Where a piped stdin is cut, in bytes; `pausesMs` long is the pause in between. */
  readonly cuts: readonly number[];
  readonly pauseMs: number;
  readonly range: { readonly from: number; readonly to: number; readonly step: number } | undefined;
  readonly script: Script;
  readonly to: "jsonl" | "text" | "nul" | "json" | "parquet";
  /** Of Parquet: what says the columns, unless rows do. */
  readonly columns: readonly string[];
  readonly sink: "pipe" | "redirect" | "-o";
  /** All flags but those that the fields above ask for. */
  readonly flags: Flags;
  readonly fault: Fault;
}

export interface Flags {
  readonly cores: number;
  readonly mode: "process" | "thread" | "inline";
  readonly runtime: "node" | "deno" | "bun" | undefined;
  readonly chunk: string | undefined;
  readonly concurrency: number | undefined;
  readonly limit: number | undefined;
  readonly unordered: boolean;
  readonly onError: "fail" | "skip";
  readonly errors: boolean;
  readonly maxErrors: number | undefined;
  readonly retries: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly recycle: number | undefined;
  readonly verbose: boolean;
}
