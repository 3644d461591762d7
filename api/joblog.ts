/**
 * `--joblog FILE`: a line a batch, in the columns of GNU parallel's, and some more. A batch that is done has its line when it is
 * committed; one that failed, or whose worker died, when that is known.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { reasonOf } from "../adapters/system/file-errors.ts";
import type { JobEvent, Observer } from "../core/coordinator/observer.ts";
import type { Exit } from "../core/platform/runtime.ts";
import type { ExecuteOptions } from "./execution.ts";
import { HEAD, keepLines } from "./joblog-lines.ts";
import type { JobOptions } from "./options.ts";
import { prepareFile } from "./report/report-files.ts";

interface Joblog {
  readonly observe: Observer;
  /** @throws {UsageError} when the file cannot be written */
  prepare(): void;
  /** A log that was made for a job that has not begun is removed. */
  close(): void;
}

interface JoblogOptions {
  readonly path: string;
  /** A run that goes on writes behind the lines of the batches that it does not run again. */
  readonly resume: boolean;
  readonly onWarning: (message: string) => void;
}

type Event<T extends JobEvent["type"]> = JobEvent & { readonly type: T };

interface Begun {
  readonly worker: number;
  readonly bytes: number;
  /** Where its first record is: `data.jsonl:0`. */
  readonly place: string;
  readonly sentMs: number;
  readonly endedMs?: number;
  /** From the arrival at the script; undefined where the worker has not said. */
  readonly busyMs?: number;
}

interface Line extends Begun {
  readonly bytesOut: number;
  readonly exit: Pick<Exit, "code" | "signal">;
  readonly counts: Pick<Event<"committed">, "records" | "emittedFrom" | "filtered" | "rejected">;
}

const DONE = { code: 0, signal: null };
const FAILED = { code: 1, signal: null };
const NO_COUNTS = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };

/** Runs a job with the log that its options ask for. */
export async function logBatches<T>(
  plan: JobOptions,
  options: ExecuteOptions,
  run: (plan: JobOptions, options: ExecuteOptions) => Promise<T>,
): Promise<T> {
  const { observer, messages } = options;
  const joblog = createJoblog({ path: `${plan.joblogPath}`, resume: plan.resume, onWarning: messages.warning });
  try {
    return await run(plan, {
      ...options,
      observer(event) {
        joblog.observe(event);
        observer?.(event);
      },
      onPlanned(job) {
        joblog.prepare();
        options.onPlanned?.(job);
      },
    });
  } finally {
    joblog.close();
  }
}

function createJoblog({ path, resume, onWarning }: JoblogOptions): Joblog {
  const begun = new Map<number, Begun>();
  /** Batches of workers that have died, until it is known how; and how others have that have died before. */
  let died: Begun[] = [];
  const exits = new Map<number, Exit>();
  /** Of workers that are not on this machine. */
  const hosts = new Map<number, string>();
  let names: readonly string[] = [];
  let descriptor: number | undefined;
  let lines = 0;
  let undo = () => {};

  return {
    observe(event) {
      if (event.type === "planned") open(event.plan);
      else if (event.type === "batchBegun") begun.set(event.id, begin(event));
      else if (event.type === "batchEnded") end(event);
      else if (event.type === "committed") commit(event);
      else if (event.type === "workerSpawned") {
        exits.delete(event.worker);
        if (event.place !== undefined) hosts.set(event.worker, event.place.host);
      } else if (event.type === "workerEnded") {
        exits.set(event.worker, event.exit);
        tellDied();
      }
    },
    prepare() {
      undo = prepareFile(path);
    },
    close() {
      for (const batch of died) tell({ ...batch, bytesOut: 0, counts: NO_COUNTS, exit: FAILED });
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      undo();
    },
  };

  /** The output is open: from now on the job is one that has begun. */
  function open({ sources, done }: Event<"planned">["plan"]): void {
    names = sources.map(({ name }) => name);
    undo = () => {};
    try {
      const kept = resume ? keepLines(path, done.records) : undefined;
      descriptor = openSync(path, kept === undefined ? "w" : "a");
      lines = kept ?? 0;
    } catch (error) {
      warn(error);
    }
    if (lines === 0) write(HEAD);
  }

  function begin({ worker, bytes, segments }: Event<"batchBegun">): Begun {
    const [first] = segments;
    const place = first === undefined ? "" : `${names[first.source] ?? "-"}:${first.start}`;
    return { worker, bytes, place, sentMs: Date.now() };
  }

  function end({ id, how, busyMs, counts, bytesOut }: Event<"batchEnded">): void {
    const batch = begun.get(id);
    if (batch === undefined) return;
    const ended = { ...batch, endedMs: Date.now() };
    if (how === "done") {
      begun.set(id, { ...ended, busyMs });
      return;
    }
    begun.delete(id);
    // How a worker of this machine has ended is known a moment later.
    if (how === "died" && !hosts.has(batch.worker)) {
      died.push(ended);
      tellDied();
    } else tell({ ...ended, bytesOut, counts, exit: FAILED });
  }

  function commit(event: Event<"committed">): void {
    const batch = begun.get(event.id);
    begun.delete(event.id);
    if (batch === undefined) return;
    tell({ ...batch, bytes: event.bytesIn, bytesOut: event.bytesOut, counts: event, exit: DONE });
  }

  function tellDied(): void {
    for (const batch of died) {
      const exit = exits.get(batch.worker);
      if (exit !== undefined) tell({ ...batch, bytesOut: 0, counts: NO_COUNTS, exit });
    }
    died = died.filter(({ worker }) => !exits.has(worker));
  }

  function tell({ worker, bytes, bytesOut, place, sentMs, endedMs = Date.now(), busyMs, counts, exit }: Line): void {
    const { records, emittedFrom, filtered, rejected } = counts;
    const runMs = busyMs ?? endedMs - sentMs;
    write(
      [
        ...[++lines, hosts.get(worker) ?? ":", seconds(endedMs - runMs), seconds(runMs).padStart(10), bytes, bytesOut],
        ...[exit.code ?? 0, signalNumber(exit.signal), place.replaceAll(/[\t\r\n\\]/g, escaped)],
        ...[worker, records, emittedFrom, filtered, `${rejected}\n`],
      ].join("\t"),
    );
  }

  /** A log that cannot be written is no reason to end a job. */
  function write(line: string): void {
    if (descriptor === undefined) return;
    try {
      writeSync(descriptor, line);
    } catch (error) {
      warn(error);
      closeSync(descriptor);
      descriptor = undefined;
    }
  }

  function warn(error: unknown): void {
    onWarning(`Cannot write "${path}": ${reasonOf(error)}\nThe job goes on without its log`);
  }
}

function signalNumber(name: string | null): number {
  return name === null ? 0 : (constants.signals[name as NodeJS.Signals] ?? 0);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** A line stays a line. */
function escaped(character: string): string {
  return { "\t": "\\t", "\r": "\\r", "\n": "\\n" }[character] ?? "\\\\";
}
