/**
 * The flags, as they are typed: one table that feeds the parser, the help and whatever else has to know them. What a value means,
 * its default, and whether a script may set it: api/options-table.ts.
 */

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What its value is called; a flag without one is a switch. */
  readonly value?: string;
  /** Its value may be left out, and is then no word of its own: `--stats` or `--stats=FILE`. */
  readonly optional?: boolean;
  /** Given more than once, its values add up. */
  readonly repeats?: boolean;
  /** What other programs call it; those of one letter are short flags. */
  readonly aliases?: readonly string[];
  readonly group: string;
  /** A line; the whole text is in cli/help/flag-docs.ts. */
  readonly help: string;
}

const TABLE = [
  {
    name: "eval",
    short: "e",
    value: "CODE",
    group: "work",
    help: "map with CODE: a function, or an expression over _",
  },
  { name: "filter", value: "CODE", group: "work", help: "only records for which CODE is true" },
  { name: "key", value: "CODE", group: "work", help: "group by CODE: (record, value) => key" },
  { name: "reduce", value: "CODE", group: "work", help: "fold values with CODE: (acc, value) => acc, associative" },
  {
    name: "initial",
    value: "CODE",
    group: "work",
    help: "what a fold starts from: a value, or a function that makes one",
  },
  { name: "merge", value: "CODE", group: "work", help: "merge two accumulators (default: the reduce)" },
  { name: "finish", value: "CODE", group: "work", help: "the result of an accumulator: (acc, key) => result" },
  { name: "module", short: "M", value: "NAME[=ALIAS]", repeats: true, group: "work", help: "import a module for CODE" },

  {
    name: "from",
    short: "f",
    value: "FORMAT",
    group: "input",
    help: "jsonl, json, csv, tsv, text, nul, bytes, parquet, file or rejects (default: by the file's name, else jsonl)",
  },
  {
    name: "records-at",
    value: "PATH",
    group: "input",
    help: "of JSON: the records are elements of the array at these keys: features, data.items",
  },
  { name: "range", value: "A..B[..STEP]", group: "input", help: "map the numbers from A to B instead of a file" },
  {
    name: "files-from",
    value: "FILE",
    group: "input",
    help: "read the names of more inputs from FILE, or - for stdin: one a line, or with NULs between them",
  },
  { name: "glob", value: "PATTERN", group: "input", help: "of inputs that are folders, read these files: '**/*.json'" },
  { name: "limit", value: "N", group: "input", help: "read only the first N records" },
  { name: "bigints", group: "input", help: "integers beyond 2^53 are BigInts, and are printed as integers" },
  {
    name: "encoding",
    value: "NAME",
    group: "input",
    help: "what the input's text is written in: windows-1252, utf-16, ... (default: utf-8)",
  },
  { name: "delimiter", value: "CHAR", group: "csv", help: "what separates fields (default: a comma; for tsv a tab)" },
  { name: "quote", value: "QUOTES", group: "csv", help: "double, or none: a quote is a character (default: double)" },
  { name: "skip", value: "N", group: "csv", help: "pass by N lines before the header" },
  { name: "no-header", group: "csv", help: "the first row is a record: columns are _1, _2, ...; none is printed" },
  { name: "columns", value: "LIST", group: "csv", help: "read, or print, only these columns: id,name" },
  {
    name: "types",
    value: "TYPES",
    group: "csv",
    help: "text, or auto: numbers, true, false and empty fields are values",
  },
  {
    name: "schema",
    value: "COLUMNS",
    group: "csv",
    help: "the types of Parquet that is written: id:int64,name:string?,... (default: by the first rows)",
  },
  { name: "ragged", group: "csv", help: "rows with missing or additional fields are records, too" },
  { name: "comment", value: "CHAR", group: "csv", help: "pass by lines that begin with CHAR, outside of quotes" },
  { name: "trim", group: "csv", help: "spaces and tabs around fields are no part of them" },
  { name: "max-record", value: "SIZE", group: "input", help: "a longer record is a reject (default: 64M)" },

  {
    name: "to",
    short: "t",
    value: "FORMAT",
    group: "output",
    help: "jsonl, json, csv, tsv, text, nul or parquet (default: by the output's name, else jsonl)",
  },
  {
    name: "output",
    short: "o",
    value: "FILE",
    group: "output",
    help: "write FILE, which appears when it is complete (.gz and .zst compressed)",
  },
  { name: "resume", group: "output", help: "with -o: go on where an interrupted run has stopped" },
  { name: "restart", group: "output", help: "with -o: start over, where an interrupted run has left something" },
  { name: "unordered", group: "output", help: "write chunks as they are ready, not in input order" },

  { name: "engine", value: "NAME", group: "workers", help: "what runs the job: local, or spark (default: local)" },
  {
    name: "master",
    value: "URL",
    group: "workers",
    help: "with --engine spark: where it runs, as spark-submit takes it",
  },
  {
    name: "conf",
    value: "KEY=VALUE",
    repeats: true,
    group: "workers",
    help: "with --engine spark: a setting of Spark's",
  },
  {
    name: "ship",
    value: "PATH",
    repeats: true,
    group: "workers",
    help: "with --engine spark: send a file or folder beside the script along",
  },
  {
    name: "ship-runtime",
    group: "workers",
    help: "with --engine spark: send the runtime along (Linux)",
  },
  {
    name: "cores",
    short: "c",
    aliases: ["j", "P", "jobs", "max-procs", "workers", "threads", "processes"],
    value: "N",
    group: "workers",
    help: "workers: N, 50%, -1 (all but one), +1 (default: the usable cores)",
  },
  {
    name: "runtime",
    value: "NAME",
    group: "workers",
    help: "what runs the workers: node, deno or bun (default: what runs pmap)",
  },
  { name: "mode", value: "MODE", group: "workers", help: "process, thread or inline (default: process)" },
  { name: "concurrency", value: "N", group: "workers", help: "asynchronous records in flight per worker (default: 8)" },
  {
    name: "total-concurrency",
    value: "N",
    group: "workers",
    help: "records in flight in all workers together",
  },
  { name: "rate", value: "N/s|N/m|N/h", group: "workers", help: "records started per second in all workers together" },
  { name: "max-memory", value: "SIZE", group: "workers", help: "memory limit of a worker" },
  { name: "recycle", value: "N", group: "workers", help: "replace a worker after N records" },
  { name: "min-free", value: "SIZE", group: "workers", help: "start nothing new while less memory is free" },
  { name: "max-load", value: "N|N%", group: "workers", help: "start nothing new while the machine's load is higher" },
  { name: "nice", value: "N", group: "workers", help: "priority of the workers, from 0 (usual) to 19 (last)" },
  {
    name: "sandbox",
    group: "workers",
    help: "no network, writing, spawning, environment or other files for the script (deno)",
  },

  { name: "on-error", value: "POLICY", group: "failures", help: "fail or skip when a record fails (default: fail)" },
  { name: "max-errors", value: "N|N%", group: "failures", help: "with skip: fail when there are more rejects" },
  { name: "errors", value: "FILE", group: "failures", help: "with skip: write the rejects to FILE as JSONL" },
  { name: "retries", value: "N", group: "failures", help: "how often a record may take its worker down (default: 2)" },
  {
    name: "retry-throws",
    value: "N",
    group: "failures",
    help: "how often a record whose function throws is tried again (default: 0)",
  },
  { name: "timeout", value: "DURATION", group: "failures", help: "a record that takes longer is a failure" },

  { name: "quiet", short: "q", group: "seeing", help: "no summary" },
  { name: "verbose", short: "v", group: "seeing", help: "always a summary" },
  {
    name: "progress",
    value: "WHEN",
    group: "seeing",
    help: "auto, bar, plain (a line every 10 s), json or off (default: auto, a line on a terminal)",
  },
  {
    name: "stats",
    value: "FILE",
    optional: true,
    group: "seeing",
    help: "where each worker's time went, as a table, or as JSON to FILE",
  },
  {
    name: "report",
    value: "FILE",
    group: "seeing",
    help: "write a page (HTML) that shows where the time went: workers, records, rejects",
  },
  { name: "trace", value: "FILE", group: "seeing", help: "write the job's events (JSON) for Perfetto or Chrome" },
  {
    name: "profile",
    value: "FILE",
    group: "seeing",
    help: "write a .cpuprofile of the script in all workers: which functions and lines took the time",
  },
  {
    name: "joblog",
    value: "FILE",
    group: "seeing",
    help: "write a line for each batch to FILE, in the columns of GNU parallel",
  },
  {
    name: "explain",
    group: "seeing",
    help: "write nothing: time the first records, and say what would be done and why",
  },
  {
    name: "dry-run",
    group: "seeing",
    help: "start nothing: say what would run, and where each value comes from",
  },

  { name: "chunk", value: "SIZE", group: "other", help: "bytes of a chunk (default: by the input's size)" },
  { name: "seed", value: "N", group: "other", help: "seed of ctx.random() (default: 0)" },
  {
    name: "config",
    value: "FILE",
    group: "other",
    help: "read options from FILE, and from no other; none: from no file",
  },
  { name: "version", group: "other", help: "print the version, and the runtimes that are found" },
  {
    name: "help",
    short: "h",
    value: "TOPIC",
    optional: true,
    group: "other",
    help: "print the common flags; all of them with --help all",
  },
] as const satisfies readonly Flag[];

export type FlagName = (typeof TABLE)[number]["name"];

export const FLAGS: readonly Flag[] = TABLE;

/** The flag that brings code for an export of a script. */
export const CODE_FLAGS = {
  map: "eval",
  filter: "filter",
  key: "key",
  reduce: "reduce",
  initial: "initial",
  merge: "merge",
  finish: "finish",
} as const satisfies Readonly<Record<string, FlagName>>;
