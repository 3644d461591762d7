/**
 * `--resume`: the journal's file, and whether what it says still holds. A job with `-o` over files keeps one always: who
 * is killed has not planned for it.
 */
import {
  appendFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeAtStart, writeInJob } from "../adapters/system/file-errors.ts";
import { bootId, bringToDisk } from "../adapters/system/fsync.ts";
import { namesBeside, type OutputNames } from "../adapters/system/output-names.ts";
import {
  type DurableMark,
  type FoundJournal,
  type Journal,
  type JournalEntry,
  readEntries,
} from "../core/coordinator/commit/journal-entries.ts";
import type { Job } from "../core/coordinator/job/job.ts";
import { UsageError } from "../core/errors.ts";
import { type Fingerprint, fingerprintOf, type Sha256 } from "./fingerprint.ts";
import type { JobOptions } from "./options.ts";
import { countText } from "./units.ts";

/** A journal line at least this often, in milliseconds, while anything is committed. */
const LINE_EVERY_MS = 500;
/** The output is brought to the disk at most this often, and not while the last time is not this many times as long ago. */
const DURABLE_EVERY_MS = 1000;
const DURABLE_PAUSE = 4;

export interface JournalOptions {
  readonly plan: JobOptions;
  readonly job: Job;
  readonly version: string;
  readonly sha256: Sha256;
  /** Whether the inputs can be read again and the output is in their order. */
  readonly repeatable: boolean;
  /** Bytes that the errors file has, if there is one. */
  readonly errorsBytes: () => number;
}

export interface Resumable {
  /** Undefined where the job could not be repeated from its middle. */
  readonly journal: Journal | undefined;
  readonly entry: JournalEntry | undefined;
  /** Whether an earlier run has left anything, of use or not: then the output that is there is not this job's. */
  readonly wasInterrupted: boolean;
  /** Whether the journal says anything yet. */
  readonly hasEntries: boolean;
  remove(): void;
  /** Leaves a journal without entries: the job was begun, and starts from its beginning. */
  reset(): void;
}

/**
 * Opens the journal beside an output, once it is known what becomes of an earlier run's. A job that keeps no journal asks,
 * too: it would replace the earlier run's output under that run's journal.
 * @throws {UsageError} when the job would be resumed, but has changed; or would start anew, and work would be lost
 */
export function openJournal({ plan, job, version, sha256, repeatable, errorsBytes }: JournalOptions): Resumable {
  const path = plan.outputPath as string;
  const names = namesBeside(path);
  const fingerprint = fingerprintOf(plan, job, version, sha256);
  const boot = bootId();
  const left = plan.restart ? undefined : readJournal(names, boot);
  if (left?.found.entry !== undefined && !plan.resume) throw wouldBeLost(path, left.found.entry);
  const found =
    left === undefined ? undefined : checked(left, { path, names, now: fingerprint(), errorsPath: plan.errorsPath });
  const wasInterrupted = [names.temporary, names.journal].some((name) => lstat(name) !== undefined);
  if (found === undefined) removeLeftovers(path, names);
  let begun = found?.entry !== undefined;
  let lines = found?.entries ?? 0;
  let lastMs = performance.now();
  const makeDurable = createDurability(names, plan.errorsPath);
  return {
    entry: found?.entry,
    wasInterrupted,
    get hasEntries() {
      return begun;
    },
    remove: () => rmSync(names.journal, { force: true }),
    reset: () => writeInJob(names.journal, () => writeFileSync(names.journal, "", { mode: 0o600 })),
    journal: repeatable ? { due, write } : undefined,
  };

  function due(): boolean {
    return performance.now() - lastMs > LINE_EVERY_MS;
  }

  function write(next: Omit<JournalEntry, "errorsBytes" | "boot">): void {
    lastMs = performance.now();
    const line: JournalEntry = { ...next, errorsBytes: errorsBytes(), boot };
    writeInJob(names.journal, () => {
      if (!begun) writeFileSync(names.journal, `${JSON.stringify(fingerprint())}\n`, { flag: "wx", mode: 0o600 });
      appendFileSync(names.journal, `${JSON.stringify(line)}\n`);
    });
    begun = true;
    makeDurable(++lines);
  }
}

/**
 * Brings the output to the disk now and then, and notes how many lines of the journal may count on it. It is not waited for:
 * a job that writes faster than its disk must not be held up by it, and would be, by an fsync per line, on its way
 * and once more at its end.
 */
function createDurability(names: OutputNames, errorsPath: string | undefined): (lines: number) => void {
  let notBeforeMs = performance.now() + DURABLE_EVERY_MS;

  return (lines) => {
    const startMs = performance.now();
    if (startMs < notBeforeMs) return;
    notBeforeMs = Number.POSITIVE_INFINITY;
    // Detached: what cannot be brought to the disk is not noted, and the next time may be luckier.
    void makeDurable(lines)
      .catch(() => {})
      .then(() => {
        const nowMs = performance.now();
        notBeforeMs = nowMs + Math.max(DURABLE_EVERY_MS, DURABLE_PAUSE * (nowMs - startMs));
      });
  };

  async function makeDurable(lines: number): Promise<void> {
    const runs = existsSync(names.runs) ? readdirSync(names.runs).map((name) => join(names.runs, name)) : [];
    await bringToDisk([names.temporary, ...runs, ...(errorsPath === undefined ? [] : [errorsPath])]);
    await bringToDisk([names.journal]);
    // When the job has ended meanwhile there is no journal, and there must not be one.
    const mark: DurableMark = { durable: lines };
    if (existsSync(names.journal)) appendFileSync(names.journal, `${JSON.stringify(mark)}\n`);
  }
}

/** @throws {UsageError} for what no earlier run can have left: a folder, another user's file */
function removeLeftovers(path: string, names: OutputNames): void {
  for (const name of [names.temporary, names.journal]) {
    const found = lstat(name);
    if (found === undefined) continue;
    const isOurs = found.isSymbolicLink() || (found.isFile() && found.uid === (process.getuid?.() ?? found.uid));
    if (!isOurs) {
      const what = found.isFile() ? "belongs to another user" : "is not a file";
      throw new UsageError(
        `Cannot write "${path}": "${name}" is in the way, and ${what}\nMove it, or choose another output`,
        { about: "output" },
      );
    }
    writeAtStart(path, () => rmSync(name));
  }
  if (lstat(names.runs) !== undefined) writeAtStart(path, () => rmSync(names.runs, { recursive: true }));
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** What an earlier run has left. */
interface LeftBehind {
  readonly found: FoundJournal;
  readonly text: string;
  readonly fingerprint: Fingerprint;
  /** Where the entries begin in the text. */
  readonly headEnd: number;
}

/** What an earlier run has noted and what still counts; undefined when there is none. */
function readJournal(names: OutputNames, boot: string): LeftBehind | undefined {
  if (!isPlainFile(names.journal) || !isPlainFile(names.temporary)) return undefined;
  const text = readFileSync(names.journal, "utf8");
  const headEnd = text.indexOf("\n") + 1;
  const found = readEntries(text.slice(headEnd), boot);
  const fingerprint = parseHead(text.slice(0, headEnd));
  return found.entry === undefined || fingerprint === undefined ? undefined : { found, text, headEnd, fingerprint };
}

/** Undefined for what says nothing of a job: the machine may have lost power before the first line was on the disk. */
function parseHead(text: string): Fingerprint | undefined {
  try {
    return (JSON.parse(text) as Fingerprint | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** A link is not what an earlier run has left. */
function isPlainFile(path: string): boolean {
  return lstat(path)?.isFile() === true;
}

function wouldBeLost(path: string, { counts: [records] }: JournalEntry): UsageError {
  return new UsageError(
    `Cannot write "${path}": an interrupted run has left ${countText(records, "record")} of it\n` +
      "--resume continues it; --restart starts over",
    { about: "output" },
  );
}

/** The entries, if the job is the same and everything that they speak of is there. What comes behind them is taken out of the file. */
function checked(
  { found, text, headEnd, fingerprint }: LeftBehind,
  how: {
    readonly path: string;
    readonly names: OutputNames;
    readonly now: Fingerprint;
    readonly errorsPath: string | undefined;
  },
): FoundJournal {
  const { path, names, now, errorsPath } = how;
  for (const part of Object.keys(now) as (keyof Fingerprint)[]) {
    if (fingerprint[part] === now[part]) continue;
    throw new UsageError(`Cannot resume "${path}": ${part} changed since it was interrupted\n--restart starts over`, {
      about: "output",
    });
  }
  const { position, errorsBytes, runs } = found.entry as JournalEntry;
  checkLength(path, names.temporary, position);
  if (errorsPath !== undefined) checkLength(path, errorsPath, errorsBytes);
  for (const run of runs) checkLength(path, run.path, run.end);
  writeAtStart(names.journal, () =>
    truncateSync(names.journal, Buffer.byteLength(text.slice(0, headEnd + found.characters))),
  );
  return found;
}

/** What is longer may have been written after the last entry; what is shorter has lost something. */
function checkLength(path: string, file: string, bytes: number): void {
  const has = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (has >= bytes) return;
  throw new UsageError(
    `Cannot resume "${path}": "${file}" has ${has} bytes, and had ${bytes} when it was interrupted\n--restart starts over`,
    { about: "output" },
  );
}
