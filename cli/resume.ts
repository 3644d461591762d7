/**
 * `--resume`: the journal's file, and whether what it says still holds. A job with `-o` over files keeps one always: who
 * is killed has not planned for it.
 */
import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { namesBeside, type OutputNames } from "../adapters/outputs.ts";
import { JobError } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import { type Journal, type JournalEntry, joinEntries } from "../core/journal.ts";
import type { Source } from "../core/plan.ts";
import type { ScriptSource } from "../core/protocol.ts";
import type { Plan } from "./resolve.ts";

/** A journal line at least this often, in milliseconds, while anything is committed. */
const LINE_EVERY_MS = 500;
const EDGE_BYTES = 64 * 1024;
/** Of many inputs, only so many are read for their fingerprint; of the others size and time must do. */
const MAX_EDGES = 256;

/** What must be the same for a job to go on: each part by the name under which a refusal tells it. */
type Fingerprint = Readonly<Record<"the input" | "the script" | "the options" | "pmap's version", string>>;

export interface Resumable {
  readonly journal: Journal;
  readonly entry: JournalEntry | undefined;
  remove(): void;
}

/**
 * Opens the journal beside an output.
 * @throws {JobError} when the job is to be resumed, but is not the same any more
 */
export function openJournal(plan: Plan, job: Job, errorsBytes: () => number, version: string): Resumable {
  const path = plan.outputPath as string;
  const names = namesBeside(path);
  const fingerprint = fingerprintOf(plan, job, version);
  const entry = plan.resume ? readEntry(path, names, fingerprint) : undefined;
  if (!plan.resume && existsSync(names.journal)) {
    process.stderr.write(
      `pmap: replacing what an interrupted run has left of "${path}" (--resume would have gone on)\n`,
    );
    removeLeftovers(names);
  }
  const lines = [JSON.stringify(fingerprint), ...(entry === undefined ? [] : [JSON.stringify(entry)])];
  writeFileSync(names.journal, `${lines.join("\n")}\n`);
  let lastMs = performance.now();
  return {
    entry,
    journal: {
      due: () => performance.now() - lastMs > LINE_EVERY_MS,
      write(next) {
        lastMs = performance.now();
        appendFileSync(
          names.journal,
          `${JSON.stringify({ ...next, errorsBytes: errorsBytes() } satisfies JournalEntry)}\n`,
        );
      },
    },
    remove: () => rmSync(names.journal, { force: true }),
  };
}

function removeLeftovers(names: OutputNames): void {
  for (const name of [names.temporary, names.journal]) rmSync(name, { force: true });
  rmSync(names.runs, { recursive: true, force: true });
}

function readEntry(path: string, names: OutputNames, now: Fingerprint): JournalEntry | undefined {
  if (!existsSync(names.journal) || !existsSync(names.temporary)) return undefined;
  const [head = "", ...lines] = readFileSync(names.journal, "utf8").trimEnd().split("\n");
  const entry = joinEntries(lines);
  if (entry === undefined) return undefined;
  const then = JSON.parse(head) as Fingerprint;
  for (const part of Object.keys(now) as (keyof Fingerprint)[]) {
    if (then[part] === now[part]) continue;
    throw new JobError(
      `Cannot resume "${path}": ${part} changed since it was interrupted\nStart again without --resume`,
    );
  }
  return entry;
}

function fingerprintOf(plan: Plan, job: Job, version: string): Fingerprint {
  const { to, separator, chunkBytes, maxRecordBytes, limit, onError, reduces, keyed } = job;
  return {
    "the input": hash(plan.range ?? job.sources.map(sourceFacts)),
    "the script": hash(scriptFacts(plan.script)),
    "the options": hash({
      to,
      separator,
      chunkBytes,
      maxRecordBytes,
      limit,
      onError,
      reduces,
      keyed,
      given: [...plan.given],
      args: plan.args,
    }),
    "pmap's version": version.split(".")[0] as string,
  };
}

function sourceFacts(source: Source, index: number): unknown {
  if (source.kind === "stream") return source.name;
  const path = source.path.startsWith("/proc/") ? readlinkSync(source.path) : source.path;
  const { size, mtimeMs } = statSync(source.path);
  return [path, size, mtimeMs, index < MAX_EDGES ? edgesOf(source.path, size) : undefined];
}

function edgesOf(path: string, size: number): string {
  const fd = openSync(path, "r");
  const bytes = new Uint8Array(2 * EDGE_BYTES);
  const head = readSync(fd, bytes, 0, EDGE_BYTES, 0);
  const tail = readSync(fd, bytes, head, EDGE_BYTES, Math.max(0, size - EDGE_BYTES));
  closeSync(fd);
  return createHash("sha256")
    .update(bytes.subarray(0, head + tail))
    .digest("hex");
}

/** The script's text and that of the modules that it imports by a relative name, and so on. */
function scriptFacts({ url, code, modules }: ScriptSource): unknown {
  const texts = new Map<string, string>();
  if (url !== undefined) addModule(fileURLToPath(url), texts);
  return [code, modules, [...texts.values()]];
}

const RELATIVE_IMPORT = /(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

function addModule(path: string, texts: Map<string, string>): void {
  if (texts.has(path) || !existsSync(path) || !statSync(path).isFile()) return;
  const text = readFileSync(path, "utf8");
  texts.set(path, text);
  for (const [, name = ""] of text.matchAll(RELATIVE_IMPORT)) addModule(join(dirname(path), name), texts);
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
