/** Runs a job as its user would, lets its faults happen, and says what came out. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createRandom, killOne, workersOf } from "../../support/disturb.ts";
import { textOf } from "../../support/proc.ts";
import { processesWith } from "../../support/run-pmap.ts";
import { canResume } from "./draw-job.ts";
import type { Fault, Job, Program } from "./job.ts";
import { packedBytes } from "./packed.ts";
import { binFolder, commandOf } from "./programs.ts";
import { scriptOf } from "./script.ts";

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  /** What the -o or the redirected file has in it; undefined when it is not there. */
  readonly file: Buffer | undefined;
  readonly errors: string | undefined;
  readonly stderr: string;
  /** Why it was ended: what its processes did by then. */
  readonly hung: string | undefined;
}

export interface Place {
  readonly folder: string;
  readonly mark: string;
  readonly program: Program;
  /** How long a job that does nothing takes, in ms. */
  readonly startMs: number;
}

/** A run that takes longer hangs. */
const DEADLINE_MS = 90_000;
const WORKERS_SEED = 1;

/** The files that a job needs, in its folder. */
export function writeFiles(job: Job, { folder }: Place): void {
  for (const input of job.inputs) {
    writeFileSync(join(folder, input.name === "-" ? "stdin" : input.name), packedBytes(input));
  }
  writeFileSync(join(folder, "script.mjs"), scriptOf(job));
}

/** The words behind the program. */
export function argumentsOf(job: Job): string[] {
  const { flags, from, to, range, inputs, sink, fault } = job;
  const isResumed = canResume(job) && (fault.tag === "coordinator" || fault.tag === "signal");
  const words: [string, string | number | boolean | undefined][] = [
    ["--from", from === "range" ? undefined : from],
    ["--range", range === undefined ? undefined : `${range.from}..${range.to}..${range.step}`],
    ["--to", to === "jsonl" ? undefined : to],
    ["-c", flags.cores],
    ["--mode", flags.mode === "process" ? undefined : flags.mode],
    ["--runtime", flags.runtime],
    ["--chunk", flags.chunk],
    ["--concurrency", flags.concurrency],
    ["--limit", flags.limit],
    ["--unordered", flags.unordered],
    ["--on-error", flags.onError === "fail" ? undefined : flags.onError],
    ["--errors", flags.errors ? "errors" : undefined],
    ["--max-errors", flags.maxErrors],
    ["--retries", flags.retries],
    ["--timeout", flags.timeoutMs === undefined ? undefined : `${flags.timeoutMs}ms`],
    ["--recycle", flags.recycle],
    ["-v", flags.verbose],
    ["-o", sink === "-o" ? "out" : undefined],
    ["--resume", isResumed],
  ];
  const given = words.filter(([, value]) => value !== undefined && value !== false);
  const names = inputs.map(({ name }) => name);
  const flat = given.flatMap(([name, value]) => (value === true ? [name] : [name, String(value)]));
  return [...flat, ...job.columns, "script.mjs", ...(names.length === 1 && names[0] === "-" ? [] : names)];
}

/** Runs the records of the errors file once more. */
export async function runRejects(job: Job, place: Place): Promise<Outcome> {
  const words = ["--from", "rejects", "--on-error", "skip", "--errors", "errors-2", "-q", "-e", "r => [r]", "errors"];
  const fault: Fault = { tag: "none" };
  const child = start(job, place, { fault, stdin: "ignore", stdout: "pipe", words });
  const ended = await collect(child, place, fault);
  return { ...ended, file: undefined, errors: textOf(join(place.folder, "errors-2")) };
}

/** Runs it, with what its fault says, until it has come to its end; the last outcome is that of a run that was let be. */
export async function runJob(job: Job, place: Place): Promise<Outcome[]> {
  const { fault } = job;
  if (fault.tag === "coordinator") {
    const outcomes: Outcome[] = [];
    for (const at of fault.at) {
      const { outcome } = await runOnce(job, place, { ...fault, at: [at] });
      outcomes.push(outcome);
      if (outcome.signal !== "SIGKILL") return outcomes;
    }
    if (canResume(job)) outcomes.push((await runOnce(job, place, { tag: "none" })).outcome);
    return outcomes;
  }
  const { outcome } = await runOnce(job, place, fault);
  const isInterrupted = fault.tag === "signal" && (outcome.signal !== null || (outcome.code ?? 0) > 128);
  if (!isInterrupted || !canResume(job)) return [outcome];
  return [outcome, (await runOnce(job, place, { tag: "none" })).outcome];
}

/** How long a job that does nothing takes, in ms. */
export async function measureStart(program: Program): Promise<number> {
  const begin = performance.now();
  const [command, ...args] = [...commandOf(program), "--range", "1..1", "-e", "_"];
  await new Promise((resolve) => spawn(command as string, args, { stdio: "ignore" }).on("close", resolve));
  return performance.now() - begin;
}

async function runOnce(job: Job, place: Place, fault: Fault): Promise<{ outcome: Outcome }> {
  const { folder } = place;
  const stdout = job.sink === "redirect" ? openSync(join(folder, "out"), "w") : "pipe";
  const hasStdin = job.inputs.some(({ name }) => name === "-");
  const stdin = !hasStdin ? "ignore" : job.redirected ? openSync(join(folder, "stdin"), "r") : "pipe";
  const child = start(job, place, { fault, stdin, stdout });
  for (const descriptor of [stdin, stdout]) if (typeof descriptor === "number") closeSync(descriptor);
  const cancel = cause(fault, child, place);
  if (stdin === "pipe") void feed(job, child);
  const ended = await collect(child, place, fault);
  cancel();
  const file = job.sink === "pipe" ? undefined : bytesOf(join(folder, "out"));
  return { outcome: { ...ended, file, errors: job.flags.errors ? textOf(join(folder, "errors")) : undefined } };
}

interface Ends {
  readonly fault: Fault;
  readonly stdin: "pipe" | "ignore" | number;
  readonly stdout: "pipe" | number;
  /** The job's own, where they are not given. */
  readonly words?: readonly string[];
}

function start(job: Job, { folder, mark, program }: Place, { fault, stdin, stdout, words: own }: Ends): ChildProcess {
  const words = [...commandOf(program), ...(own ?? argumentsOf(job))];
  const { NODE_TEST_CONTEXT: _1, NODE_OPTIONS: _2, ...inherited } = process.env;
  const env = {
    ...inherited,
    PATH: [binFolder, inherited.PATH].join(delimiter),
    TMPDIR: join(folder, "tmp"),
    NO_COLOR: "1",
    PMAP_TEST_MARK: mark,
  };
  const piped = ["bash", "-c", 'set -o pipefail; "$@" | head -c "$BYTES"', "bash", ...words];
  const isPiped = fault.tag === "reader goes";
  const [command, ...args] = isPiped ? piped : words;
  return spawn(command as string, args, {
    cwd: folder,
    // In a group of its own, as a shell would start it: Ctrl-C is for all of them.
    detached: true,
    env: isPiped ? { ...env, BYTES: String(fault.bytes) } : env,
    stdio: [stdin, stdout, "pipe"],
  });
}

/** Sets up what is to happen; returns what calls it off. */
function cause(fault: Fault, child: ChildProcess, { startMs }: Place): () => void {
  const pid = child.pid as number;
  const timers: NodeJS.Timeout[] = [];
  const at = (starts: number, action: () => void, afterMs = 0) => {
    const doIt = () => child.exitCode === null && child.signalCode === null && action();
    timers.push(setTimeout(doIt, starts * startMs + afterMs));
  };
  const random = createRandom(WORKERS_SEED);
  const killWorkers = (times: readonly number[]) => {
    for (const time of times) at(time, () => void killOne(workersOf(pid), random));
  };
  if (fault.tag === "workers") killWorkers(fault.at);
  if (fault.tag === "coordinator") {
    killWorkers(fault.workersAt);
    at(fault.at[0] as number, () => process.kill(pid, "SIGKILL"));
  }
  if (fault.tag === "signal") {
    const { signal, againMs } = fault;
    const target = signal === "SIGINT" ? -pid : pid;
    at(fault.at, () => process.kill(target, signal));
    if (againMs !== undefined) at(fault.at, () => process.kill(target, signal), againMs);
  }
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Writes stdin in the pieces that the job says. */
async function feed({ inputs, cuts, pauseMs }: Job, child: ChildProcess): Promise<void> {
  const { stdin } = child;
  if (stdin === null) return;
  // A job that is over reads no more.
  stdin.on("error", () => {});
  const all = Buffer.concat(inputs.find(({ name }) => name === "-")?.pieces ?? []);
  let begin = 0;
  for (const cut of cuts) {
    stdin.write(all.subarray(begin, cut));
    begin = cut;
    await pause(pauseMs);
  }
  stdin.end(all.subarray(begin));
}

type Ended = Pick<Outcome, "code" | "signal" | "stdout" | "stderr" | "hung">;

async function collect(child: ChildProcess, place: Place, fault: Fault): Promise<Ended> {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  child.stdout?.on("data", (data: Uint8Array) => {
    out.push(data);
    if (fault.tag !== "reader is slow") return;
    child.stdout?.pause();
    setTimeout(() => child.stdout?.resume(), 2);
  });
  child.stderr?.on("data", (data: Uint8Array) => err.push(data));
  let hung: string | undefined;
  const deadline = setTimeout(() => {
    hung = describe(place.mark);
    killAll(place.mark);
  }, DEADLINE_MS);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...ended) => resolve(ended));
  });
  clearTimeout(deadline);
  return { code, signal, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString(), hung };
}

/** What the processes of a job are and do. */
function describe(mark: string): string {
  return processesWith(`PMAP_TEST_MARK=${mark}`)
    .map((pid) => {
      const command = textOf(`/proc/${pid}/cmdline`).split("\0").slice(0, 6).join(" ");
      const state = /State:\s*(.*)/.exec(textOf(`/proc/${pid}/status`))?.[1];
      return `${pid} (${state}, waits in ${textOf(`/proc/${pid}/wchan`)}): ${command}`;
    })
    .join("\n");
}

export function killAll(mark: string): void {
  for (const pid of processesWith(`PMAP_TEST_MARK=${mark}`)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** What a job has left behind: processes, and files where there should be none. */
export async function leftovers({ folder, mark }: Place, alsoBesideOutput: boolean): Promise<string[]> {
  let left: string[] = [];
  for (let attempt = 0; attempt < 500; attempt++) {
    left = [
      ...processesWith(`PMAP_TEST_MARK=${mark}`).map(
        (pid) => `process ${pid} ${textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`,
      ),
      ...readdirSync(join(folder, "tmp")).filter((name) => name.startsWith("pmap")),
      ...(alsoBesideOutput ? readdirSync(folder).filter((name) => name.startsWith(".")) : []),
    ];
    if (left.length === 0) break;
    await pause(20);
  }
  return left;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
