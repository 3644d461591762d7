/**
 * What a person sees of a running job on stderr: a line on a terminal, lines in a log, or JSON for a program. Loaded when the
 * job has run for a while, or when it is asked for.
 */

import type { JobEvent } from "../../api/execution.ts";
import { JobMemory } from "../../api/job-memory.ts";
import type { ProgressMode } from "../../api/options.ts";
import { barLine } from "./bar-line.ts";
import { JobModel } from "./job-model.ts";
import { jsonEvent, jsonProgress } from "./json-events.ts";
import { askedLine, partsOf, statusLine } from "./status-text.ts";
import { canBeStopped, findTerminal, recordsShowHere, type Terminal } from "./terminal.ts";

export { hasSummaryHere } from "./terminal.ts";

/** The one writer of stderr: this bundle must not have another one. */
export interface Stderr {
  log(text: string): void;
  drawStatus(line: string, erase: () => string): void;
  eraseStatus(): void;
  eraseStatusAtOnce(): void;
  logged(): Promise<void>;
}

export type Outcome = "done" | "failed" | "interrupted";

export interface ProgressOptions {
  readonly mode: Exclude<ProgressMode, "off">;
  readonly verbose: boolean;
  /** The script runs in this process, and prints past the writer of stderr. */
  readonly inline: boolean;
  /** Only asked for with a signal. */
  readonly quiet: boolean;
  /** When the job began, and whether a record has been printed since. */
  readonly beganMs: number;
  readonly hasPrinted: boolean;
  readonly stderr: Stderr;
}

export interface Progress {
  observe(event: JobEvent, atMs: number): void;
  /** Prints one line, with what each worker is on. */
  tell(): void;
  /** Called before records go to stdout. A promise where it must wait. */
  stepAside(): Promise<void> | undefined;
  end(outcome: Outcome): void;
}

const BAR_EVERY_MS = 200;
const PLAIN_EVERY_MS = 10_000;
const JSON_EVERY_MS = 1000;
/** A timer that is later than this tells that the process was stopped (Ctrl-Z): that time does not count. */
const STOPPED_MS = 1500;

type Form = "bar" | "plain" | "json" | "none";

export function createProgress(options: ProgressOptions): Progress {
  const { stderr, beganMs, verbose } = options;
  const terminal = findTerminal();
  const form = formFor(options, terminal);
  const model = new JobModel(beganMs);
  const memory = new JobMemory();
  let stoppedMs = 0;
  let lastMs = performance.now();
  /** Since the records show on the same terminal, they are what there is to see. */
  let isAside = options.hasPrinted && options.mode === "auto" && form === "bar" && recordsShowHere();
  let askedIfAside = isAside;

  const now = () => performance.now() - stoppedMs;
  const everyMs = form === "bar" ? BAR_EVERY_MS : form === "json" ? JSON_EVERY_MS : PLAIN_EVERY_MS;
  const timer = form === "none" ? undefined : setInterval(tick, everyMs);
  timer?.unref();
  const stopHandling = form === "bar" ? eraseOnStops(stderr) : () => {};
  if (form === "bar") tick();

  return {
    observe(event, atMs) {
      model.observe(event, atMs - stoppedMs);
      if (form !== "json") return;
      const line = jsonEvent(event, atMs - stoppedMs - beganMs);
      if (line !== undefined) stderr.log(line);
    },
    tell() {
      const snapshot = model.snapshot(now());
      stderr.log(askedLine(snapshot, memory.bytes(snapshot.pids, now())));
    },
    stepAside() {
      if (form !== "bar" || isAside) return undefined;
      if (!askedIfAside && options.mode === "auto") {
        askedIfAside = true;
        isAside = recordsShowHere();
      }
      if (!isAside && options.mode === "auto") return undefined;
      stderr.eraseStatus();
      return stderr.logged();
    },
    end(outcome) {
      clearInterval(timer);
      stopHandling();
      if (form === "bar") stderr.eraseStatus();
      if (form === "json") stderr.log(jsonProgress(model.snapshot(now()), memory, outcome));
    },
  };

  function tick(): void {
    const lateMs = performance.now() - lastMs - everyMs;
    lastMs = performance.now();
    if (lateMs > STOPPED_MS) stoppedMs += lateMs;
    if (form === "bar") draw();
    else if (form === "json") stderr.log(jsonProgress(model.snapshot(now()), memory));
    else {
      const snapshot = model.snapshot(now());
      stderr.log(statusLine(snapshot, memory.bytes(snapshot.pids, now())));
    }
  }

  function draw(): void {
    if (terminal === undefined || isAside || !terminal.isForeground()) return;
    const snapshot = model.snapshot(now());
    const parts = partsOf(snapshot, memory.bytes(snapshot.pids, now()), verbose);
    const { text, width } = barLine(parts, snapshot.share, terminal.columns(), terminal.colours);
    stderr.drawStatus(text, () => eraser(width, terminal.columns()));
  }
}

function formFor({ mode, inline, quiet }: ProgressOptions, terminal: Terminal | undefined): Form {
  if (mode === "bar") return terminal === undefined ? "plain" : "bar";
  if (mode !== "auto") return mode;
  if (quiet) return "none";
  if (terminal !== undefined) return inline ? "none" : "bar";
  const { CI, TERM } = process.env;
  const isCi = CI !== undefined && CI !== "" && CI !== "false";
  return isCi || (TERM === "dumb" && process.stderr.isTTY === true) ? "plain" : "none";
}

/** A terminal that has become narrower has broken the line into several: they go, too. */
function eraser(width: number, columns: number): string {
  const rowsAbove = Math.max(0, Math.ceil(width / columns) - 1);
  return `\r\x1b[K${"\x1b[1A\x1b[2K".repeat(rowsAbove)}`;
}

/**
 * The line must not be left behind when the process stops (Ctrl-Z) or ends. Nothing else of the terminal is ever changed.
 * @returns a function that ends it
 */
function eraseOnStops(stderr: Stderr): () => void {
  const onExit = () => stderr.eraseStatusAtOnce();
  const onStop = () => {
    // As the system does it where there is no listener.
    if (!canBeStopped()) return;
    stderr.eraseStatusAtOnce();
    process.kill(process.pid, "SIGSTOP");
  };
  process.on("exit", onExit);
  process.on("SIGTSTP", onStop);
  return () => {
    process.off("exit", onExit);
    process.off("SIGTSTP", onStop);
  };
}
