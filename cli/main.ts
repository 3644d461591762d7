#!/usr/bin/env node
/** pmap, on one screen: parse, resolve, execute, exit. */
import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { detectRuntime, loadRuntime } from "../adapters/detect.ts";
import { ReaderGone } from "../adapters/outputs.ts";
import { InternalError, JobError, UsageError } from "../core/failure.ts";
import { helpText, parseArguments } from "./arguments.ts";
import { execute } from "./execute.ts";
import { resolveTyped } from "./resolve.ts";
import { listenToSignals } from "./signals.ts";
import { summaryText } from "./summary.ts";

/** How long what is left on the event loop may keep us (a script's timer with --mode inline, a read of stdin), in ms. */
const LEAVE_MS = 100;

process.exitCode = await main(process.argv.slice(2));
// The natural end, if it comes: process.exit can deadlock in Node (V8's compiler threads wait for a garbage collection
// that the main thread, which waits for them, will not do any more).
if (detectRuntime() === "node") setTimeout(() => process.exit(), LEAVE_MS).unref();
else process.exit();

async function main(argv: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const signals = listenToSignals((code) => process.exit(code));
  try {
    const typed = await parseArguments(argv);
    if (typed.flags.has("version")) return print(`${version()}\n`);
    if (typed.flags.has("help") || argv.length === 0) return print(`${helpText(version())}\n`);
    const runtime = await loadRuntime();
    const plan = resolveTyped(typed, runtime.name, process.cwd(), () => isatty(0));
    const summary = await execute(plan, runtime, signals, version());
    if (plan.summary !== "never") {
      const text = summaryText(summary, performance.now() - startMs, plan.summary === "always");
      if (text !== undefined) process.stderr.write(`${text}\n`);
    }
    return signals.exitCode() ?? 0;
  } catch (error) {
    return report(error, signals.exitCode());
  }
}

/** Says what went wrong, and returns the exit code for it. */
function report(error: unknown, signalled: number | undefined): number {
  if (error instanceof ReaderGone) return 0;
  if (signalled !== undefined) return signalled;
  if (error instanceof UsageError) {
    process.stderr.write(`pmap: ${error.message}\n`);
    return 2;
  }
  if (error instanceof JobError) process.stderr.write(`pmap: ${error.message}\n`);
  else if (error instanceof InternalError)
    process.stderr.write(`pmap: internal error: ${error.message}\n${error.stack}\n`);
  else process.stderr.write(`pmap: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function version(): string {
  const file = new URL(import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
