/** What `pmap help TOPIC` tells, each topic on a screen. */
import { type FormatEntry, inputFormats, inputNames, outputNames } from "../../api/formats.ts";

export interface Topic {
  /** What it is about, in the list of topics. */
  readonly title: string;
  readonly text: string;
  /** Other words for it. */
  readonly also?: readonly string[];
}

export const TOPICS: Readonly<Record<string, Topic>> = {
  script: {
    title: "what a script exports, and what ctx has",
    also: ["scripts", "ctx", "context", "exports"],
    text: `A script exports functions; -e, --filter, --key and the others give the same as code.

  default or map    (record, ctx) => value. undefined emits nothing; a generator emits
                    each value; a promise is awaited. Optional with a reduce
  filter            (record, ctx) => boolean, before the map
  key               (record, value) => string | number | boolean | null: group by it
  reduce            (accumulator, value) => accumulator, associative
  initial           what a fold starts from: a JSON value, or a function that makes one
  merge             (accumulator, accumulator) => accumulator; without it the reduce
  finish            (accumulator, key) => result
  setup, teardown   (ctx) => void, once per worker
  options           defaults for flags: { from: "text", concurrency: 50, maxErrors: "1%" }

  ctx.source, ctx.offset      the record's file, and its byte offset there
  ctx.count(name, n = 1)      adds to a counter, which the summary shows
  ctx.random()                0 to 1, by --seed and the record only
  ctx.args                    what follows -- on the command line
  ctx.signal                  aborted when the job is given up
  ctx.worker                  the worker's number
  ctx.attempt                 1, and more when --retry-throws tries the record again

console.log prints to stderr. With "#!/usr/bin/env -S pmap" as its first line a script is a
command. A script that is called like a command of pmap is run by its path: pmap ./help`,
  },
  formats: {
    title: "formats of input and output, compression, CSV",
    also: ["format", ...inputNames(), "compression", "gzip"],
    text: `--from FORMAT    without it: by the file's name, else its first bytes; stdin is jsonl

${inputFormats().map(formatLine).join("\n")}

--to FORMAT      ${listed(outputNames())}; without it: by -o, else jsonl

Files in .gz .zst .br .bz2 .xz .lz4 are read as what is in them: those in blocks (bgzip,
pmap -o x.gz) by ranges, the others as one stream.
For CSV: --delimiter --quote --skip --no-header --columns --types --ragged.
Parquet is written with the types that the first rows have, or those of --schema:
  --schema id:int64,name:string?,...    ? may be null; ... and the others by the first rows
-v says which format was taken, and why.`,
  },
  errors: {
    title: "records that fail, workers that die, what is retried",
    also: ["failures", "rejects-file", "retry"],
    text: `A record fails when it cannot be parsed, when the script throws, when it takes longer than
--timeout, or when it has killed its worker more often than --retries.

  --on-error fail     the first failure ends the job with 1, and is named (the default)
  --on-error skip     failures are rejects; the job goes on
  --errors FILE       writes the rejects, a line of JSON each
  --max-errors N|N%   fails when there are more
  --retry-throws N    tries a record that throws again, after pauses (ctx.attempt)

After the script is corrected, map the rejects again:

  pmap --from rejects script.ts rejects.jsonl

A worker that exits, is killed or runs out of memory is replaced, and its chunk is run again.
To debug a script: pmap --mode inline --limit 10 script.ts data.jsonl`,
  },
  resume: {
    title: "what an interrupted job leaves, and how to go on",
    also: ["restart", "interrupted", "ctrl-c"],
    text: `With -o FILE the output is written beside FILE and renamed when it is complete. After Ctrl-C,
a kill or a crash the same command with --resume goes on where it had got to:

  pmap script.ts data.jsonl -o out.jsonl            # interrupted
  pmap script.ts data.jsonl -o out.jsonl --resume   # the same bytes as without interruption

Without --resume the second run is refused; --restart starts over. --resume is refused when the
input, the script or the options have changed, with --unordered, and for input that cannot be
read again (a pipe, a compressed file that is one stream).`,
  },
  memory: {
    title: "what a job takes, and how to bound it",
    also: ["cores", "load"],
    text: `Memory depends on the number of cores, the size of a chunk and --max-record, not on the length
of the input.

  --rate N/s          starts records no faster, in all workers together; also N/m
  --cores N           workers; each is a process with a heap of its own
  --max-memory SIZE   limit of each worker; one that exceeds it is replaced
  --max-record SIZE   a longer record is a reject
  --min-free SIZE     starts nothing new while less memory is free
  --max-load N|N%     starts nothing new while the machine is busy
  --nice N            workers give way to other programs: 19 to all of them
  --recycle N         replaces a worker after N records: for scripts that leak
  --unordered         keeps nothing back for the sake of order

Groups (key) that do not fit are sorted in TMPDIR. pmap doctor shows what this machine has.`,
  },
  config: {
    title: "PMAP_OPTIONS, pmap.config.json, package.json",
    also: ["configuration", "pmap_options", "pmap.config.json", "package.json", "environment"],
    text: `From the strongest to the weakest; --dry-run shows where each value comes from:

  1  the command line
  2  PMAP_OPTIONS        flags, as they are typed: export PMAP_OPTIONS="-c 50% --on-error skip"
  3  the script          export const options = { from: "text" }
  4  --config FILE       { "cores": 4, "onError": "skip" }; without it, from the folder in
                         which pmap is started:
     pmap.config.json    the same
  5  package.json        { "pmap": { "cores": 4 } }
  6  the default

A file in a folder of another person may be a trap. So a file that is found sets what a script
may set, and cores, mode, maxMemory, recycle, minFree, maxLoad, nice, sandbox and verbose; nothing
that is written, started or read besides. What it sets is said on stderr (not with -q). A file that
belongs to another user is not used. No file sets code. Folders above are not looked at, and
--config none looks at no file.`,
  },
  "exit-codes": {
    title: "what the exit status means",
    also: ["exit", "exit code", "exit codes", "exit-code", "exitcodes", "status", "exit status"],
    text: `  0     done, also when the reader of stdout has closed it (| head)
  1     the job failed: a record, the script, a disk; or a report could not be written
  2     nothing was run: wrong usage, or a script or an input that is not there
  130   SIGINT (Ctrl-C)
  143   SIGTERM
  129   SIGHUP`,
  },
};

function formatLine({ names, about, endings }: FormatEntry): string {
  return `  ${names.join(", ").padEnd(11)}${about.padEnd(42)}${endings}`.trimEnd();
}

/** `a, b or c`. */
function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
