/** pmap, on one screen: parse, resolve, execute, report. */

import { readFileSync, writeSync } from "node:fs";
import { reasonOf } from "../adapters/inputs.ts";
import { log, logged } from "../adapters/log.ts";
import { ReaderGone } from "../adapters/outputs.ts";
import { InternalError, JobError, printable, UsageError } from "../core/errors.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { helpText, parseArguments } from "./arguments.ts";
import { NothingToResume } from "./destination.ts";
import type { EarlyWorker } from "./early.ts";
import { execute } from "./execute.ts";
import { resolveTyped } from "./resolve.ts";
import { listenToSignals } from "./signals.ts";
import { summaryText } from "./summary.ts";

/**
 * Runs a command line to its end.
 * @param early a worker that is on its way already; where the job is not to have it, it is killed
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], runtime: Runtime, early: EarlyWorker): Promise<number> {
  const startMs = performance.now();
  const signals = listenToSignals(
    (code) => process.exit(code),
    (message) => log(`pmap: ${message}\n`),
  );
  early.listen(log);
  try {
    const typed = await parseArguments(argv);
    if (typed.flags.has("version")) return print(`${version()}\n`);
    if (typed.flags.has("help") || argv.length === 0) return print(`${helpText(version())}\n`);
    const plan = resolveTyped(typed, runtime.name, process.cwd(), stdinIsTerminal);
    const report = await execute(plan, { runtime, control: signals, version: version(), early });
    if (report !== undefined && plan.summary !== "never") {
      const elapsedMs = performance.now() - startMs;
      const text = summaryText(report, { ...plan, elapsedMs, verbose: plan.summary === "always" });
      if (text !== undefined) log(`${printable(text)}\n`);
    }
    return signals.exitCode() ?? 0;
  } catch (error) {
    return reportError(error, signals.exitCode());
  } finally {
    early.dismiss();
    await logged();
  }
}

/** Says what went wrong, and returns the exit code for it. */
function reportError(error: unknown, signalled: number | undefined): number {
  if (error instanceof ReaderGone) return 0;
  if (error instanceof NothingToResume) {
    log(`pmap: ${error.message}\n`);
    return 0;
  }
  if (signalled !== undefined) return signalled;
  if (error instanceof UsageError) {
    log(`pmap: ${printable(error.message)}\n`);
    return 2;
  }
  if (error instanceof JobError) log(`pmap: ${printable(error.message)}\n`);
  else if (error instanceof InternalError) log(`pmap: internal error: ${error.message}\n${error.stack}\n`);
  else log(`pmap: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

function stdinIsTerminal(): boolean {
  // 5 ms to load on Bun, and seldom asked for.
  return process.getBuiltinModule("node:tty").isatty(0);
}

/** @returns the exit code: a reader that has gone is no failure */
function print(text: string): number {
  const bytes = Buffer.from(text);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return 0;
    log(`pmap: Cannot write to stdout: ${reasonOf(error)}\n`);
    return 1;
  }
  return 0;
}

function version(): string {
  const file = new URL(import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
