/** pmap, on one screen: parse, resolve, execute, report. */

import { existsSync, readFileSync, statSync, writeSync } from "node:fs";
import { currentFolder } from "../api/current-folder.ts";
import { endingOf, JobError, printable, reasonOf } from "../api/errors.ts";
import type { Report, Runtime } from "../api/execution.ts";
import type { Explained } from "../api/explain.ts";
import { log, logged } from "../api/log.ts";
import type { Messages } from "../api/messages.ts";
import type { JobOptions } from "../api/options.ts";
import { execute } from "../api/run.ts";
import type { EarlyWorker } from "../api/start.ts";
import { version } from "../api/version.ts";
import { type CommandContext, type CommandName, isCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { parseArguments, type Typed } from "./flags/parse.ts";
import { resolveTyped } from "./flags/resolve.ts";
import { listenTo, mayBeTerminal, TERMINAL_AFTER_MS } from "./listen.ts";
import type { StatsFile } from "./report/stats-file.ts";
import { listenToSignals, type Signals } from "./signals.ts";

/**
 * Runs a command line to its end.
 * @param early a worker that is on its way already; where the job is not to have it, it is killed
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], runtime: Runtime, early: EarlyWorker): Promise<number> {
  const signals = listenToSignals((code) => process.exit(code), messages.notice);
  early.listen(log);
  let plan: JobOptions | undefined;
  try {
    const [first = "help"] = argv;
    if (isCommand(first)) return await runCommand(first, argv.slice(1), runtime);
    if (asksForTopic(argv)) return print(await COMMANDS.help(argv.slice(1), contextOf(runtime)));
    const asTyped = parseArguments(argv);
    if (asTyped.flags.has("help")) return await printHelp(asTyped, runtime);
    if (asTyped.flags.has("version")) {
      const { versionText } = await import("./help/version.ts");
      return print(await versionText(version(), runtime.name));
    }
    const typed = await configured(asTyped);
    const resolved = resolveTyped(typed, runtime.name, currentFolder(), stdinIsTerminal);
    plan = resolved;
    if (typed.flags.has("dry-run")) {
      const { dryRunText } = await import("./report/dry-run.ts");
      log(printable(await dryRunText(resolved, typed, runtime)));
      return 0;
    }
    const takeStarted = () => (isUsual(resolved, runtime) ? early.take() : undefined);
    const statsFile = await statsFileOf(resolved);
    const result = await run(resolved, argv, { runtime, control: signals, takeStarted, statsFile });
    const missing = await tell(result, resolved, statsFile);
    return signals.exitCode() ?? (missing.length === 0 ? 0 : 1);
  } catch (error) {
    const signalled = await (error instanceof JobError ? signals.exitCodeOfFailure() : signals.exitCode());
    return await reportError(error, signalled, plan);
  } finally {
    early.dismiss();
    await logged();
  }
}

/** Whether anything besides the command line may say something: seldom, so the rest is loaded then. */
function hasConfig({ flags }: Typed): boolean {
  if (process.env.PMAP_OPTIONS || flags.has("config") || existsSync("pmap.config.json")) return true;
  try {
    // A FIFO of that name would keep us.
    const isFile = statSync("package.json", { throwIfNoEntry: false })?.isFile() === true;
    return isFile && readFileSync("package.json", "utf8").includes('"pmap"');
  } catch {
    return false;
  }
}

async function configured(typed: Typed): Promise<Typed> {
  if (!hasConfig(typed)) return typed;
  const { withConfig } = await import("./flags/config.ts");
  return withConfig(typed, { environment: process.env, ...messages });
}

/** Whether the worker that has been started already is of the kind that the job wants. */
function isUsual({ mode, maxMemoryBytes, nice, sandbox, ...plan }: JobOptions, { name }: Runtime): boolean {
  return mode === "process" && plan.runtime === name && maxMemoryBytes === undefined && nice === undefined && !sandbox;
}

/** Runs what is no job. */
async function runCommand(name: CommandName, words: readonly string[], runtime: Runtime): Promise<number> {
  if (existsSync(name)) messages.notice(`"${name}" is a command of pmap; to run the file of that name: pmap ./${name}`);
  const context = contextOf(runtime);
  const asksForHelp = name !== "help" && (words.includes("--help") || words.includes("-h"));
  return print(await (asksForHelp ? COMMANDS.help([name], context) : COMMANDS[name](words, context)));
}

/** `--help TOPIC`: words or one flag behind it, and nothing else. */
function asksForTopic([first = "", ...topic]: readonly string[]): boolean {
  if (first !== "--help" && first !== "-h") return false;
  return topic.length === 1 || (topic.length > 1 && topic.every((word) => !word.startsWith("-")));
}

/** `--help=TOPIC` and `--help all`; what else stands on the command line is no topic. */
async function printHelp({ flags, words }: Typed, runtime: Runtime): Promise<number> {
  const value = flags.get("help");
  const topic = typeof value === "string" ? value : words[0] === "all" ? "all" : "";
  return print(await COMMANDS.help([topic], contextOf(runtime)));
}

function contextOf(runtime: Runtime): CommandContext {
  return { runtime, version: version(), configure: configured, warning: messages.warning };
}

interface Around {
  readonly runtime: Runtime;
  readonly control: Signals;
  readonly takeStarted: EarlyWorker["take"];
  readonly statsFile: StatsFile | undefined;
}

async function statsFileOf(plan: JobOptions): Promise<StatsFile | undefined> {
  return plan.stats?.path === undefined ? undefined : (await import("./report/stats-file.ts")).statsFile(plan);
}

async function run(
  plan: JobOptions,
  argv: readonly string[],
  { runtime, control, takeStarted, statsFile }: Around,
): Promise<Report | Explained> {
  const { observer, stepAside, end } = await listenTo(plan);
  const writeStdout: Runtime["writeStdout"] = async (pieces) => {
    await stepAside();
    await runtime.writeStdout(pieces);
  };
  const shown = observer === undefined ? runtime : { ...runtime, writeStdout };
  try {
    const result = await execute(plan, {
      runtime: shown,
      control,
      version: version(),
      takeStarted,
      messages,
      observer,
      onPlanned: statsFile?.prepare,
      ownsStdout: true,
      argv,
    });
    end("done");
    return result;
  } catch (error) {
    end(control.exitCode() === undefined ? "failed" : "interrupted");
    statsFile?.remove();
    throw error;
  }
}

const messages: Messages = {
  notice: (message) => log(`pmap: ${printable(message)}\n`),
  warning: (message) => log(`pmap: warning: ${printable(message)}\n`),
  output: (bytes) => log(bytes),
};

/**
 * Says what there is to say of a job that has not failed.
 * @returns which files about it are missing
 */
async function tell(
  result: Report | Explained,
  plan: JobOptions,
  statsFile: StatsFile | undefined,
): Promise<readonly Error[]> {
  if (result.tag === "explained") {
    const { explanation } = await import("./report/explanation.ts");
    log(explanation(result));
    return [];
  }
  const missing: Error[] = [...(result.missing ?? [])];
  if (plan.stats !== undefined) {
    const { statsOf } = await import("./report/stats.ts");
    const text = statsOf({ ...result, mode: plan.mode }, statsFile === undefined ? "table" : "json");
    if (statsFile === undefined) log(text);
    else missing.push(...[statsFile.write(text) ?? []].flat());
  }
  await tellSummary(result, plan);
  for (const { message } of missing) messages.notice(message);
  return missing;
}

async function tellSummary(result: Report, plan: JobOptions): Promise<void> {
  const elapsedMs = performance.now();
  if (!(await hasSummary(result, plan, elapsedMs))) return;
  const { user, system } = process.cpuUsage();
  const { summaryText } = await import("./report/summary.ts");
  log(`${printable(summaryText(result, { plan, elapsedMs, ownCpuMs: (user + system) / 1000 }))}\n`);
}

async function hasSummary({ summary }: Report, plan: JobOptions, elapsedMs: number): Promise<boolean> {
  if (plan.summary !== "when there is something to say") return plan.summary === "always";
  if (summary.rejected > 0 || summary.counters.size > 0) return true;
  if (plan.progress === "off" || !mayBeTerminal(2)) return false;
  const toStdout = plan.outputPath === undefined;
  // At once, and its records stand there: decided before more is loaded.
  if (toStdout && elapsedMs < TERMINAL_AFTER_MS && mayBeTerminal(1)) return false;
  const { hasSummaryHere } = await import("./progress/progress.ts");
  return hasSummaryHere(toStdout);
}

/** Says what went wrong, and returns the exit code for it. */
async function reportError(
  error: unknown,
  signalled: number | undefined,
  plan: JobOptions | undefined,
): Promise<number> {
  const ending = endingOf(error);
  if (ending.tag === "reader gone") return 0;
  const isFailure = ending.tag !== "nothing to resume";
  if (isFailure && signalled !== undefined) return signalled;
  // A stack has tabs and the like of its own.
  log(`pmap: ${ending.tag === "internal" ? ending.message : printable(ending.message)}\n`);
  if (ending.tag === "failed" && plan !== undefined) {
    const { failureDetails } = await import("../api/failure-details.ts");
    for (const line of failureDetails(error, plan)) log(`${printable(line)}\n`);
  }
  if (!isFailure) return 0;
  return ending.tag === "usage" ? 2 : 1;
}

function stdinIsTerminal(): boolean {
  // 5 ms to load on Bun, and seldom asked for.
  return process.getBuiltinModule("node:tty").isatty(0);
}

/** @returns the exit code: a reader that has gone is no failure */
function print(text: string): number {
  const bytes = Buffer.from(text.endsWith("\n") || text === "" ? text : `${text}\n`);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return 0;
    log(`pmap: Cannot write to stdout: ${reasonOf(error)}\n`);
    return 1;
  }
  return 0;
}
