#!/usr/bin/env node
/** Starts a worker, then the program: by the time the command line is understood, the worker is there. */
import { start } from "../api/start.ts";
import { wantsUsualWorker } from "./prespawn.ts";

/** How long what is left on the event loop may keep us (a script's timer with --mode inline, a read of stdin), in ms. */
const LEAVE_MS = 100;

const argv = process.argv.slice(2);
const { runtime, early } = await start(wantsUsualWorker(argv) ? "with a worker" : "without a worker");
const { runProgram } = await import("./program.ts");
process.exitCode = await runProgram(argv, runtime, early);
// The natural end, if it comes: process.exit can deadlock in Node (V8's compiler threads wait for a garbage collection
// that the main thread, which waits for them, does not do then).
if (runtime.name === "node") setTimeout(() => process.exit(), LEAVE_MS).unref();
else process.exit();
