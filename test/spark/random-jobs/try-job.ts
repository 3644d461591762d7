/** One random job, on this machine and on Spark: what comes out has to be the same. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf, drawJob } from "../../faults/random-jobs/draw-job.ts";
import { createDraws, type Draws } from "../../faults/random-jobs/draws.ts";
import type { Job } from "../../faults/random-jobs/job.ts";
import { argumentsOf, killAll, writeFiles } from "../../faults/random-jobs/run.ts";
import { killOne } from "../../support/disturb.ts";
import { textOf } from "../../support/proc.ts";
import {
  eventually,
  finished,
  ownStackIn,
  processesWith,
  type Result,
  runPmap,
  startPmap,
} from "../../support/run-pmap.ts";
import { sparkEnvironment, sparkFlags } from "../../support/spark.ts";

export interface Tried {
  readonly how: "the same" | "refused" | "wrong";
  /** Processes that were killed on the way. */
  readonly kills: number;
  readonly report: string;
}

interface Outcome extends Pick<Result, "code" | "stdout" | "stderr"> {
  readonly out: string;
  readonly errors: string;
}

const DEADLINE_MS = 240_000;
/** More tasks than these would only be slow. */
const MOST_TASKS = 40;

export async function tryOnSpark(seed: number, index: number): Promise<Tried> {
  const draws = createDraws(seed, index);
  const job = forSpark(drawJob(draws, "node"), draws);
  const folder = mkdtempSync(join(tmpdir(), "random-spark-"));
  mkdirSync(join(folder, "tmp"));
  const mark = `${process.pid}-${folder}`;
  writeFiles(job, { folder, mark, program: "node", startMs: 0 });
  const here = outcomeIn(folder, await runPmap(argumentsOf(job), { cwd: folder }));
  const flags = [...sparkFlags("local[2,20]", taskBytesOf(draws, job)), ...withoutCores(argumentsOf(job))];
  const child = startPmap(flags, { cwd: folder, env: { ...sparkEnvironment(), PMAP_TEST_MARK: mark } });
  const deadline = setTimeout(() => killAll(mark), DEADLINE_MS);
  const killing = killSome(mark, draws, job, () => child.exitCode === null && child.signalCode === null);
  const there = outcomeIn(folder, await finished(child, ""));
  clearTimeout(deadline);
  const kills = await killing;
  const isRefused = there.code === 2 && there.stderr.includes("--engine spark") && here.code !== 2;
  const troubles = isRefused ? [] : differences(job, here, there);
  if (!(await eventually(() => processesWith(`PMAP_TEST_MARK=${mark}`).length === 0)))
    troubles.push("processes are left behind");
  killAll(mark);
  if (troubles.length === 0) rmSync(folder, { recursive: true });
  const { inputs: _, cuts: __, script, ...rest } = job;
  const about = JSON.stringify({ ...rest, script: { ...script, deeds: [...script.deeds] } });
  const said = [here, there].map(({ code, stderr }) => `  ended with ${code}: ${stderr.slice(0, 1500)}`);
  const report = [...troubles, `  cd ${folder}; pmap ${flags.join(" ")}`, `  ${about}`, ...said].join("\n");
  return { how: troubles.length > 0 ? "wrong" : isRefused ? "refused" : "the same", kills, report };
}

const PACKINGS = ["one member", "one member", "two members", "blocks", undefined] as const;

/** The same job, with what Spark can have: files of records, more of them compressed, and workers that are processes. */
function forSpark(job: Job, draws: Draws): Job {
  const isPacked = draws.chance(0.4);
  const inputs = job.inputs.map(({ name, pieces, packed }) => ({
    name: name === "-" ? "stdin.jsonl" : name,
    pieces,
    packed: packed ?? (isPacked ? draws.pick(PACKINGS) : undefined),
  }));
  const flags = { ...job.flags, mode: "process", verbose: false, cores: 2 } as const;
  const sink = job.sink === "-o" ? "-o" : "pipe";
  const to = job.to === "parquet" ? "jsonl" : job.to;
  return { ...job, inputs, redirected: false, cuts: [], to, columns: [], sink, flags };
}

function taskBytesOf(draws: Draws, { inputs, range }: Job): string {
  const bytes = range?.to ?? bytesOf(inputs);
  const tasks = draws.pick([1, 2, 5, 17, MOST_TASKS]);
  return String(Math.max(1, Math.ceil(bytes / tasks)));
}

function withoutCores(words: readonly string[]): string[] {
  const at = words.indexOf("-c");
  return words.filter((_, i) => i !== at && i !== at + 1);
}

/** Kills workers and stages, where the job has been drawn to stand it; how many. */
async function killSome(mark: string, draws: Draws, { fault }: Job, goesOn: () => boolean): Promise<number> {
  if (fault.tag !== "workers") return 0;
  const victims = () =>
    processesWith(`PMAP_TEST_MARK=${mark}`).filter((pid) =>
      /spark\/stage\.js|pmap-job.*worker\.js/.test(textOf(`/proc/${pid}/cmdline`)),
    );
  let kills = 0;
  for (const at of fault.at) {
    while (goesOn() && victims().length === 0) await pause(50);
    await pause(at * 200);
    if (goesOn() && killOne(victims(), () => draws.integer(0, 999) / 1000) !== undefined) kills++;
  }
  return kills;
}

function outcomeIn(folder: string, { code, stdout, stderr }: Result): Outcome {
  const [out, errors] = ["out", "errors"].map((name) => {
    const content = textOf(join(folder, name));
    rmSync(join(folder, name), { force: true });
    return content;
  }) as [string, string];
  for (const name of readdirSync(folder)) if (name.startsWith(".out.")) rmSync(join(folder, name), { recursive: true });
  // Those of a record that kills depend on what runs beside it.
  return { code, stdout, stderr, out, errors: withoutNames(errors.replace(/"attempts":\d+/g, '"attempts":N')) };
}

function differences(job: Job, here: Outcome, there: Outcome): string[] {
  const troubles: string[] = [];
  const own = ownStackIn(there.stderr);
  if (own !== undefined) troubles.push(`stderr shows pmap's own stack: ${own}`);
  if (here.code !== there.code) return [...troubles, `it ended with ${there.code} instead of ${here.code}`];
  // Which of several failures is met first depends on what runs together.
  const isTold = here.code !== 1 || job.script.deeds.size <= 1;
  if (isTold && told(here.stderr) !== told(there.stderr)) troubles.push("other messages");
  const isWhole = here.code === 0 || here.code === 3;
  for (const name of ["stdout", "out", "errors"] as const) {
    if (job.flags.unordered && job.to === "json" && name !== "errors") continue;
    const [a, b] = job.flags.unordered ? [sorted(here[name]), sorted(there[name])] : [here[name], there[name]];
    // What stands before a failure depends on how far the job has come.
    const isSame = a === b || (!isWhole && (a.startsWith(b) || b.startsWith(a) || job.flags.unordered));
    if (!isSame) troubles.push(`${name}: ${b.length} characters instead of ${a.length}, or others`);
  }
  return troubles;
}

function sorted(text: string): string {
  return text.split("\n").sort().join("\n");
}

/** Without what depends on time, and on how many records a batch has. */
function told(stderr: string): string {
  return withoutNames(stderr)
    .replace(/^pmap: waiting for Spark: .*\n(Is the cluster .*\n)?/gm, "")
    .replace(/ in [\d.]+ .*?\/s(, [\d.]+ of \d+ cores)?/g, "")
    .replace(/^ {2}slowest: .*\n/gm, "")
    .replace(/Too many rejects: \d+ of \d+ records/, "Too many rejects");
}

/** Bun calls a function without a name after its file, where that is no part of a bundle. */
function withoutNames(stacks: string): string {
  return stacks.replaceAll("at script_default ", "at default ");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
