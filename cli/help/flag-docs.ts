/**
 * The whole text of each flag, with an example: for `pmap help --FLAG`, the man page and docs/flags.md. The short line is in
 * cli/flags/table.ts. An example runs in a clone of the repository; the tests run each of them.
 */
import type { FlagName } from "../flags/table.ts";

export interface FlagDoc {
  /** Sentences, in one paragraph. */
  readonly doc: string;
  readonly example: string;
  /** Why the tests do not run the example, where they do not. */
  readonly notRun?: string;
}

const FLIGHTS = "examples/data/flights.jsonl";

export const FLAG_DOCS: Readonly<Record<FlagName, FlagDoc>> = {
  eval: {
    doc: "Maps each record with CODE instead of a script. CODE is a function (`r => ...`, `async r => ...`, `function* (r) { ... }`) or an expression over `_`, the record; `ctx` is the context. TypeScript is allowed. A value of undefined emits nothing, a generator emits each value that it yields, a promise is awaited.",
    example: `pmap -e '({ origin, delay }) => ({ origin, late: delay > 15 })' ${FLIGHTS}`,
  },
  filter: {
    doc: "Maps only records for which CODE is true: a function `(record, ctx) => boolean`, or an expression over `_`. It runs before the map. Without a map the records pass as they are.",
    example: `pmap --filter '_.delay > 60' ${FLIGHTS}`,
  },
  key: {
    doc: 'Groups by CODE: a function `(record, value) => key`, or an expression over `_`. A key is a string, a number, a boolean or null. It needs a reduce. The result is a line `{"key": k, "value": v}` a group, sorted by key. Groups that do not fit into memory are sorted on disk, in TMPDIR.',
    example: `pmap -e '_.delay' --key '_.origin' --initial 0 --reduce '(a, d) => a + d' ${FLIGHTS}`,
  },
  reduce: {
    doc: "Folds the values into one with CODE: a function `(accumulator, value) => accumulator`. It has to be associative, and need not be commutative: values arrive in input order, and partial results are merged in a tree that depends on the input's bytes only. Without --initial the first value starts the fold.",
    example: `pmap -e '_.delay' --reduce '(a, b) => Math.max(a, b)' ${FLIGHTS}`,
  },
  initial: {
    doc: "What a fold starts from: a JSON value, which is copied for each fold, or a function that makes one. Every chunk starts from it, so it has to be a value that changes nothing in a merge: 0 for a sum, an empty table for counts.",
    example: `pmap -e '_.distance' --initial 0 --reduce '(a, b) => a + b' ${FLIGHTS}`,
  },
  merge: {
    doc: "Merges two accumulators: a function `(accumulator, accumulator) => accumulator`. Without it the reduce does so. It is needed where an accumulator is not of the same type as a value: a count, a table, a heap.",
    example: `pmap --initial 0 --reduce '(n) => n + 1' --merge '(a, b) => a + b' ${FLIGHTS}`,
  },
  finish: {
    doc: "Makes the result of an accumulator: a function `(accumulator, key) => result`. It runs once for a reduce, and once for each group with a key.",
    example: `pmap -e '1' --key '_.origin' --reduce '(a, b) => a + b' --finish '(n, key) => [key, n]' ${FLIGHTS}`,
  },
  module: {
    doc: "Imports a module for the code of -e and the other flags with code. Its name there is ALIAS, or the letters of its own name: node:fs is fs, ./my-lib.ts is my_lib. Names are resolved as from a file in your folder. The flag may be given more than once.",
    example: `pmap -M node:crypto -e 'crypto.createHash("sha256").update(_.date).digest("hex")' ${FLIGHTS}`,
  },

  from: {
    doc: "The format of the input. jsonl: a JSON value a line. json: elements of arrays, and values over any number of lines. csv, tsv: a row is an object. text: a line is a string. nul: strings between NULs. bytes: whole lines as a Uint8Array, a chunk at a time. parquet: a row is an object. file: each file is a record, { path, size, mtime }, which `ctx.text()` and `ctx.read()` read. rejects: the file of --errors; its records are mapped again. Without it the name of the file says it, else its first bytes; stdin is jsonl.",
    example: "pmap --from text -e '_.length' README.md",
  },
  range: {
    doc: "Maps the numbers from A to B, both included, instead of a file. STEP may be negative or a fraction; without it the step is 1, or -1 where B is less than A.",
    example: "pmap --range 1..1000000 -e '_ ** 0.5' --reduce '(a, b) => a + b'",
  },
  "records-at": {
    doc: "Of JSON: the records are the elements of the array at these keys, separated by dots; a dot in a key has a backslash before it. An array around all of it is passed through.",
    example: 'printf \'{"data":{"items":[{"id":1},{"id":2}]}}\' | pmap --from json --records-at data.items -e \'_.id\'',
  },
  "files-from": {
    doc: "Reads the names of more inputs from FILE, or from stdin with -: one a line, or with NULs between them where there is one (`find -print0`). Of a folder in the list the files that match --glob are read.",
    example:
      "find examples -name '*.ts' | pmap --files-from - --from text --reduce '(a, b) => a.length > b.length ? a : b'",
  },
  glob: {
    doc: "Of inputs that are folders, reads the files that match PATTERN, in the order of their names: '*.jsonl', '**/*.json'. It applies to folders on the command line and to those that a list of --files-from names. Without it a folder is an error.",
    example: "pmap --glob '*.jsonl' -e '_.origin' examples/data",
  },
  encoding: {
    doc: "What the text of the input is written in, by a name that TextDecoder knows: windows-1252, utf-16, shift_jis, ... It is made UTF-8 on the way, as one stream. Without it the input is UTF-8.",
    example: "printf 'caf\\351\\n' | pmap --encoding windows-1252 --from text -e '_'",
  },
  limit: {
    doc: "Runs the first N records of the input and no other. With a filter, N counts the records that are read.",
    example: `pmap --limit 3 -e '_.origin' ${FLIGHTS}`,
  },
  bigints: {
    doc: "Reads integers beyond 2^53 as BigInts, and prints BigInts as integers, in the JSON of a CSV field or a Parquet column too: JavaScript would round them, and many databases have such ids. It reads them from jsonl.",
    example: "printf '12345678901234567890\\n' | pmap --bigints -e '_ + 1n'",
  },
  "max-record": {
    doc: "A record that is longer is a reject. It bounds the memory of a worker when a line does not end.",
    example: `pmap --max-record 1M -e '_.origin' ${FLIGHTS}`,
  },
  delimiter: {
    doc: "What separates the fields of CSV, in the input and in the output: one ASCII character, or tab. It is not guessed; Excel's first line `sep=;` is understood.",
    example: "printf 'a;b\\n1;2\\n' | pmap --from csv --delimiter ';' -e '_.b'",
  },
  quote: {
    doc: "double: a field of CSV may stand in double quotes, and a quote in it is doubled. none: a quote is a character like any other, as in much TSV.",
    example: "printf 'a\\tb\\n5\"\\t2\\n' | pmap --from tsv --quote none -e '_.a'",
  },
  skip: {
    doc: "Passes by N lines before the header of each CSV file: titles, comments, dates.",
    example: "printf 'Made in May\\na,b\\n1,2\\n' | pmap --from csv --skip 1 -e '_.b'",
  },
  "no-header": {
    doc: "The first row of CSV is a record: columns are called _1, _2, ... No header is printed.",
    example: "printf '1,2\\n3,4\\n' | pmap --from csv --no-header -e '_._2'",
  },
  columns: {
    doc: "Reads only these columns of CSV or Parquet. With --to csv or parquet and a map it names the columns that are printed, in this order; a value with another key is a failure. A name with a comma stands in double quotes.",
    example: `pmap -e '({ origin, delay }) => ({ origin, delay })' --to csv --columns delay,origin ${FLIGHTS}`,
  },
  types: {
    doc: "text: every field of CSV is a string, so that 00501 stays as it is. auto: an unquoted number that a double holds exactly, true and false are values, an empty field is null; each field is decided by itself.",
    example: "printf 'zip,n\\n00501,7\\n' | pmap --from csv --types auto -e '_'",
  },
  schema: {
    doc: "The columns of Parquet that is written, with their types: boolean, int32, int64, double, string, timestamp, date or json; with a ? behind it a column may be null. `...` at the end stands for all other columns: of these, the first rows say the types, as of all without --schema. A column whose name has a comma or quotes stands in double quotes, with the quotes in it doubled: `--schema '\"a,b:int64\",...'`. A value that its column does not take is a failure; nothing is rounded.",
    example: `pmap -e '({ origin: _.origin, delay: _.delay })' --schema 'origin:string,delay:double?' -o delays.parquet ${FLIGHTS}`,
  },
  ragged: {
    doc: "Rows of CSV with another number of fields than the header are records too: missing fields are null, additional ones are _4, _5, ... Without it such a row is a failure with its line.",
    example: "printf 'a,b\\n1\\n1,2,3\\n' | pmap --from csv --ragged -e '_'",
  },
  comment: {
    doc: "Passes by lines of CSV that begin with CHAR, outside of quotes: one ASCII sign, such as # or %.",
    example: "printf 'a,b\\n# no row\\n1,2\\n' | pmap --from csv --comment '#' -e '_.b'",
  },
  trim: {
    doc: "Spaces and tabs around the fields of CSV are no part of them, around quotes either. Without it they are data.",
    example: "printf 'a, b\\n1, 2\\n' | pmap --from csv --trim -e '_.b'",
  },

  to: {
    doc: "The format of the output. jsonl: a JSON value a line. json: one array. csv, tsv: rows, with the columns of --columns or of the first record. parquet: rows in row groups, with the columns of --schema or of the first rows. text: a string as it is, anything else as JSON, a line each. nul: the same with NULs (`xargs -0`). Without it the name of the output says csv, tsv, parquet or json (one array; of a reduce its one value); else it is jsonl.",
    example: `pmap -e '_.origin + " " + _.destination' --to text ${FLIGHTS}`,
  },
  output: {
    doc: "Writes FILE, which appears when it is complete: a reader never sees half of it. A job that is killed leaves its work beside it for --resume. `-o -` is stdout. With --engine spark it may be a URI of Hadoop's, such as hdfs://nn/out: a folder of parts, which must not be there yet.",
    example: `pmap -e '_.origin' ${FLIGHTS} -o origins.jsonl`,
  },
  resume: {
    doc: "Goes on where a run with -o that was interrupted or killed has stopped; where there is nothing to resume, starts. The bytes of the output are those of a run without interruption. It is refused when the input, the script or the options have changed (how many cores, how much at once, how quickly and how patiently may change), and for input that cannot be read again: a pipe, a compressed file that is one stream.",
    example: `pmap --resume -e '_.origin' ${FLIGHTS} -o resumed.jsonl`,
  },
  restart: {
    doc: "Starts over, where an interrupted run with -o has left something. Without it and without --resume such a run is refused, so that work is not lost by a mistake.",
    example: `pmap --restart -e '_.origin' ${FLIGHTS} -o restarted.jsonl`,
  },
  unordered: {
    doc: "Writes chunks as they are ready instead of in input order. Memory then does not depend on how long the slowest chunk takes. It cannot be combined with --resume. Where a script sets it, --resume and --keep-order on the command line keep the order.",
    example: `pmap --unordered -e '_.origin' ${FLIGHTS}`,
  },

  engine: {
    doc: "What runs the job. local: workers on this machine. spark: Apache Spark, on as many machines as it has; the output is the same, byte for byte. It needs spark-submit, in SPARK_HOME or on the PATH, and inputs that every machine sees under the same path, or that Hadoop opens: hdfs://, s3a://. See docs/engines.md.",
    example: `pmap --engine local -e '_.origin' ${FLIGHTS}`,
  },
  master: {
    doc: "With --engine spark: where it runs, as spark-submit takes it: local[4], spark://HOST:7077, yarn, k8s://... Without it, Spark's own default.",
    example: `pmap --engine spark --master 'local[2]' -e '_.origin' ${FLIGHTS}`,
    notRun: "it needs Spark",
  },
  conf: {
    doc: "With --engine spark: a setting of Spark's, such as spark.executor.memory=2g, and one of pmap's: spark.pmap.taskBytes=16M, the input of a task.",
    example: `pmap --engine spark --conf spark.executor.cores=4 -e '_.origin' ${FLIGHTS}`,
    notRun: "it needs Spark",
  },
  ship: {
    doc: "With --engine spark: sends a file along, or a folder with all that is in it, that a script reads beside itself. It has to be in the script's folder.",
    example: `pmap --engine spark --ship names.json script.ts ${FLIGHTS}`,
    notRun: "it needs Spark",
  },
  "ship-runtime": {
    doc: "With --engine spark: sends the program of the runtime along, that of --runtime or the one that runs pmap, for machines that do not have it, or have another version. They run Linux on the same kind of processor.",
    example: `pmap --engine spark --ship-runtime -e '_.origin' ${FLIGHTS}`,
    notRun: "it needs Spark",
  },
  cores: {
    doc: "The number of workers. 4: four. 50%: half of the usable cores. -1: all but one. +1: one more than there are. Usable are the cores that the CPU quota of the container and the affinity mask allow; `pmap doctor` shows them. The output is the same at any number.",
    example: `pmap --cores 50% -e '_.origin' ${FLIGHTS}`,
  },
  runtime: {
    doc: "Which runtime's processes run the script: node, deno or bun, if it is on the PATH. The output is the same; speed, memory and the modules that a script may import differ.",
    example: `pmap --runtime bun -e '_.origin' ${FLIGHTS}`,
  },
  mode: {
    doc: "process: each worker is a process with its own heap, and its crash costs one chunk. thread: workers are threads, which start sooner and share a crash. inline: the script runs in pmap's own process, for a debugger; if it exits, so does pmap, and a loop without end has none (--timeout ends only what waits).",
    example: `pmap --mode inline -e '_.origin' ${FLIGHTS}`,
  },
  concurrency: {
    doc: "How many asynchronous records each worker has in flight at once. It counts only for a map that returns promises. The limit is a worker's own: with --cores 4 and --concurrency 50 there may be 200 requests at a time. --total-concurrency is for all of them.",
    example: `pmap --concurrency 100 examples/lookup.ts ${FLIGHTS}`,
  },
  "total-concurrency": {
    doc: "How many records are in flight at once in all workers together: the coordinator lets each start. Without --concurrency one worker may have all of them. A promise that is given up after --timeout counts as ended. It costs a message a record or so: it is for maps that wait for something, not for quick ones.",
    example: `pmap --total-concurrency 20 examples/lookup.ts ${FLIGHTS}`,
  },
  rate: {
    doc: "How many records start in a second (/s), minute (/m) or hour (/h), in all workers together: evenly, not in bursts. The coordinator lets each start, whichever worker has it; with --retry-throws each attempt counts. In T seconds at most N*T + 1 records start, or those of 1/20 second more when a timer was late. What a record does itself (three requests, say) is not counted. It costs a message a record or so: beyond some thousands a second it is not kept up with. With --concurrency too low for what a record takes, fewer start.",
    example: `pmap --rate 600/s examples/lookup.ts --limit 100 ${FLIGHTS}`,
  },
  "max-memory": {
    doc: "The memory limit of each worker, at least 16M. A worker that exceeds it is replaced, and the record that does so again is a failure. Groups are written to disk sooner. With --mode inline, and in threads of Bun and Deno, workers have no limit, and pmap warns.",
    example: `pmap --max-memory 256M -e '_.origin' ${FLIGHTS}`,
  },
  recycle: {
    doc: "Replaces a worker after N records, between two batches: for scripts that leak memory.",
    example: `pmap --recycle 1000 -e '_.origin' ${FLIGHTS}`,
  },
  "min-free": {
    doc: "Starts no new batch while less memory than this is free on the machine. What runs goes on.",
    example: `pmap --min-free 10M -e '_.origin' ${FLIGHTS}`,
  },
  "max-load": {
    doc: "Starts no new batch while the machine's load is higher: 4 is four processes that want a core, 80% is a share of the usable cores. What runs goes on.",
    example: `pmap --max-load 200% -e '_.origin' ${FLIGHTS}`,
    notRun: "it waits as long as the machine is busy",
  },
  nice: {
    doc: "The priority of the worker processes: 0 as usual, 19 the last in line for a core, below 0 for root only. pmap itself keeps its own. Where the system does not allow it, a warning says so and the job goes on. Threads and --mode inline have no priority of their own: there it is refused.",
    example: `pmap --nice 10 -e '_.origin' ${FLIGHTS}`,
  },
  sandbox: {
    doc: "The script has no network, no writing, no spawning, no environment, and no files but its own folder and the input. Deno's workers can do so; with another runtime it is refused. It cannot be combined with a key.",
    example: `pmap --sandbox --runtime deno examples/flights.ts ${FLIGHTS}`,
  },

  "on-error": {
    doc: "What happens when a record fails: when it cannot be parsed, when the script throws, when it kills its worker. fail: the job ends with 1 and names the record. skip: the record is a reject, and the job goes on.",
    example: `printf '1\\noops\\n3\\n' | pmap --on-error skip -e '_ * 2'`,
  },
  "max-errors": {
    doc: "With --on-error skip: the job fails when there are more rejects than N, or than N% of the records. --on-error fail on the command line makes the limit of a script void. A percentage is judged at the end, or when there are more than 100 rejects and twice as many as it allows.",
    example: `printf '1\\noops\\n3\\n' | pmap --on-error skip --max-errors 1 -e '_ * 2'`,
  },
  errors: {
    doc: "With --on-error skip: writes each reject to FILE, a line of JSON with its source, line, offset, what failed and its text. `--from rejects` maps the records of such a file again.",
    example: `printf '1\\noops\\n3\\n' | pmap --on-error skip --errors rejects.jsonl -e '_ * 2'`,
  },
  retries: {
    doc: "How often a record may take its worker down (by exit, kill or a lack of memory) before it is a failure. What the script throws is not retried: that is --retry-throws.",
    example: `pmap --retries 5 -e '_.origin' ${FLIGHTS}`,
  },
  "retry-throws": {
    doc: "Tries a record again, up to N times, when its filter or map throws, or when a promise takes longer than --timeout, which is for each attempt. The pauses are half a second, then twice as long each time up to half a minute, of which a part is chance; an error with retryAfter (seconds, a Date, or either as text, as in HTTP) sets its own, of at most an hour. Other records of the worker go on meanwhile, beyond the --concurrency too. ctx.attempt is 1, 2, ... What an attempt that threw has counted or yielded does not count (a generator's values are held until it has ended). The record is the same object each time. Rejects carry the number of attempts. A reduce, a key and a record that cannot be parsed or printed are not tried again.",
    example: `pmap --retry-throws 3 -e 'ctx.attempt < 2 ? Promise.reject({ retryAfter: 0.01 }) : _.origin' --limit 3 ${FLIGHTS}`,
  },
  timeout: {
    doc: "A record that takes longer is a failure: its worker is killed, also in an endless loop, and replaced.",
    example: `pmap --timeout 30s -e '_.origin' ${FLIGHTS}`,
  },

  quiet: {
    doc: "Prints no summary and no notice at the end; errors and warnings are printed.",
    example: `pmap -q -e '_.origin' ${FLIGHTS}`,
  },
  verbose: {
    doc: "Prints a summary at the end even if there is nothing unusual: records, rejects, workers, the input's format and why.",
    example: `pmap -v -e '_.origin' ${FLIGHTS}`,
  },
  progress: {
    doc: "How far the job is, on stderr. auto: a line on a terminal once the job takes longer than half a second, a plain line every ten seconds in CI, and nothing elsewhere. bar: the line. plain: a line every ten seconds. json: an event a line, for programs. off: nothing. SIGUSR1 prints a line with the record that each worker is on, whatever is said here.",
    example: `pmap --progress off -e '_.origin' ${FLIGHTS}`,
  },
  stats: {
    doc: "Tells where each worker's time went: reading, parsing, computing, printing, writing, waiting. As a table on stderr; with =FILE as JSON in that file, which is written when the job is done. A FILE that cannot be written is refused before the first record.",
    example: `pmap --stats=stats.json -e '_.origin' ${FLIGHTS}`,
  },
  report: {
    doc: "Writes FILE, one HTML page that needs no network: whether the workers were worth it and what slowed them, when each worked on what, where their time went, the slowest records, rejects, memory. It is written when the job ends, also when it fails or is interrupted. Records and the script stand in it as text: mind whom you show it. docs/report.md explains its figures.",
    example: `pmap --report report.html -e '_.origin' ${FLIGHTS}`,
  },
  trace: {
    doc: "Writes FILE, the job's events in Chrome's trace format (JSON): batches by worker, phases, deaths, rejects, memory. ui.perfetto.dev and chrome://tracing show it. It is complete when the job has ended.",
    example: `pmap --trace trace.json -e '_.origin' ${FLIGHTS}`,
  },
  profile: {
    doc: "Writes FILE, a V8 profile (.cpuprofile) of the script in all workers together, by the functions and lines of its TypeScript: Chrome's and Edge's developer tools, VS Code and speedscope.app open it. With -v the ten hottest lines are printed, with --report they stand in the page. It is written when the job ends, also when it fails or is interrupted; a worker that dies loses what it has not told yet, the last seconds at most. Sampling begins with setup, and takes a few percent of the time. Not with --mode inline and --sandbox. docs/profile.md explains it.",
    example: `pmap -v --profile flights.cpuprofile examples/flights.ts ${FLIGHTS}`,
  },
  joblog: {
    doc: "Writes a line for each batch to FILE, tabs between the columns: Seq, Host (:, or the machine of an executor), Starttime (seconds since 1970), JobRuntime (seconds), Send and Receive (bytes of input and output), Exitval, Signal and Command as GNU parallel has them, where Command is the place of the first record, data.jsonl:0; and behind them Worker, Records, Emitted, Filtered, Rejected. A batch has its line when it is committed, in input order. One whose worker died has its own line with the exit status or signal; it is run again as another batch. With --resume the lines of the batches that are in the output stay, and the others come behind them: each batch of the output has one line.",
    example: `pmap --joblog jobs.tsv -e '_.origin' ${FLIGHTS}`,
  },
  explain: {
    doc: "Writes nothing: runs the first records in one worker, setup and teardown included, and says what a record costs, which of its fields the script reads, how the work would be shared out and why, below how many records a loop would be faster, and which command line is the one to run. It runs no whole job: --stats=FILE, --report, --trace, --profile and --joblog are refused. The time in which other programs had the cores is left out where the system tells it (Linux).",
    example: `pmap --explain -e '_.origin' ${FLIGHTS}`,
  },

  "dry-run": {
    doc: "Starts nothing and writes nothing: says which inputs would be read and how large they are, the format and why, the output and what would become of a file that is there, chunks, workers, and each value with where it comes from. The script is read and not run, so its options are seen only where they are literal values. What would be refused is refused, with 2. The text goes to stderr.",
    example: `pmap --dry-run -c 2 examples/lookup.ts ${FLIGHTS}`,
  },
  chunk: {
    doc: "The size of a chunk, the unit of work, in bytes of input. Without it, it follows from the size of the input. The last digits of a sum of floats may depend on it; nothing else does.",
    example: `pmap --chunk 64K -e '_.origin' ${FLIGHTS}`,
  },
  seed: {
    doc: "The seed of ctx.random(). The numbers depend on it and on the record only: they are the same at any number of cores.",
    example: `pmap --filter 'ctx.random() < 0.01' --seed 1 ${FLIGHTS}`,
  },
  config: {
    doc: 'Reads options from FILE, a JSON object such as { "cores": 4, "onError": "skip" }, instead of pmap.config.json and package.json of the folder; with none from no file. What is typed wins over PMAP_OPTIONS, that over the script\'s options, these over a file. FILE may also set what is written (output, errors, stats) and the runtime; a file that is found may not, and no file can set code. `pmap help config` has more.',
    example: `pmap --config none -e '_.origin' ${FLIGHTS}`,
  },
  version: {
    doc: "Prints the version of pmap on the first line, then the runtimes that are found, with their versions.",
    example: "pmap --version",
  },
  help: {
    doc: "Prints the common flags, on one screen. `--help all` prints every flag, `--help TOPIC` what `pmap help TOPIC` prints: TOPIC may be a topic, a command or a flag.",
    example: "pmap --help",
  },
};
