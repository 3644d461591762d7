/**
 * Who listens to a job: progress on stderr, and a signal that asks how far it is. What they need is loaded when the job has
 * run for a while; until then events are kept as they come.
 */
import { fstatSync, statSync } from "node:fs";
import type { JobEvent, Observer } from "../api/execution.ts";
import { drawStatus, eraseStatus, eraseStatusAtOnce, log, logged } from "../api/log.ts";
import type { JobOptions } from "../api/options.ts";
import type { Outcome, Progress } from "./progress/progress.ts";

export interface Listening {
  /** Undefined where nothing listens. */
  readonly observer: Observer | undefined;
  /** Called before records go to stdout. A promise where they must wait. */
  stepAside(): Promise<void> | undefined;
  end(outcome: Outcome): void;
}

/** Jobs that are over by then show nothing. Where there is no terminal, there is more time before anything is shown. */
export const TERMINAL_AFTER_MS = 500;
const LOG_AFTER_MS = 5000;

/** Signals are listened for when the first batch has begun: before, that would delay it. An input may keep it waiting for longer. */
const SIGNAL_AFTER_MS = 50;

/** As it is before an inline script is loaded, which may replace it. */
const { process } = globalThis;

/** Signals that ask how far the job is: SIGINFO is Ctrl-T where there is such a signal. */
const ASKING = process.platform === "darwin" || process.platform === "freebsd" ? ["SIGUSR1", "SIGINFO"] : ["SIGUSR1"];

export async function listenTo({ progress: mode, explains, summary, mode: workers }: JobOptions): Promise<Listening> {
  if (mode === "off" || explains) return { observer: undefined, stepAside: () => undefined, end: () => {} };
  const beganMs = performance.now();
  let early: { readonly event: JobEvent; readonly atMs: number }[] = [];
  let progress: Progress | undefined;
  let loading: Promise<Progress | undefined> | undefined;
  let hasPrinted = false;
  let isOver = false;
  let isListening = false;
  let ask = () => void load().then((loaded) => loaded?.tell());
  const afterMs = mode === "auto" && !mayBeTerminal(2) ? LOG_AFTER_MS : TERMINAL_AFTER_MS;
  const timers = [setTimeout(() => void load(), afterMs), setTimeout(listen, SIGNAL_AFTER_MS)];
  // Deno gives numbers.
  for (const timer of timers) (timer as { unref?: () => void }).unref?.();
  // A program that reads the events wants all of them.
  if (mode === "json") await load();

  return {
    observer(event) {
      // A worker that has been told to go may be gone a moment after the job.
      if (isOver) return;
      if (event.type === "batchBegun") listen();
      const atMs = performance.now();
      if (progress === undefined) early.push({ event, atMs });
      else progress.observe(event, atMs);
    },
    stepAside() {
      hasPrinted = true;
      return progress?.stepAside();
    },
    end(outcome) {
      isOver = true;
      for (const timer of timers) clearTimeout(timer);
      for (const signal of ASKING) process.off(signal, onAsked);
      ask = () => {};
      progress?.end(outcome);
    },
  };

  function listen(): void {
    if (isListening) return;
    isListening = true;
    for (const signal of ASKING) process.on(signal, onAsked);
  }

  function onAsked(): void {
    ask();
  }

  function load(): Promise<Progress | undefined> {
    loading ??= create();
    return loading;
  }

  async function create(): Promise<Progress | undefined> {
    const { createProgress } = await import("./progress/progress.ts");
    if (isOver) return undefined;
    progress = createProgress({
      mode: mode as Exclude<typeof mode, "off">,
      verbose: summary === "always",
      quiet: summary === "never",
      inline: workers === "inline",
      beganMs,
      hasPrinted,
      stderr: { log, drawStatus, eraseStatus, eraseStatusAtOnce, logged },
    });
    for (const { event, atMs } of early) progress.observe(event, atMs);
    early = [];
    return progress;
  }
}

/** Whether a descriptor may be a terminal, and not /dev/null: to ask the system whether it is one takes Bun some milliseconds. */
export function mayBeTerminal(descriptor: 1 | 2): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev !== statSync("/dev/null", { throwIfNoEntry: false })?.rdev;
  } catch {
    return false;
  }
}
