/** One random job: drawn, run, compared; and made simpler where it went wrong. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { troublesOf, troublesOfRejects } from "./check.ts";
import { canResume, drawJob } from "./draw-job.ts";
import { createDraws } from "./draws.ts";
import type { Job, Program } from "./job.ts";
import { expectedOf } from "./oracle.ts";
import { commandOf } from "./programs.ts";
import { argumentsOf, killAll, leftovers, runJob, runRejects, writeFiles } from "./run.ts";
import { simplerThan } from "./simpler.ts";

export interface Failure {
  /** What went wrong, and how to see it again. */
  readonly report: string;
}

interface Which {
  readonly seed: number;
  readonly index: number;
  readonly program: Program;
  /** See measureStart. */
  readonly startMs: number;
}

interface Trial {
  readonly job: Job;
  /** What went wrong, and where the files are. */
  readonly lines: readonly string[];
  readonly folder: string;
  readonly hung: boolean;
}

/** A failure that depends on timing may need several trials to be seen again. */
const TRIALS = 3;
const MAX_SIMPLER_MS = 60_000;

/** Undefined when all is as it should be. */
export async function tryJob({ seed, index, program, startMs }: Which): Promise<Failure | undefined> {
  const trial = await attempt(drawJob(createDraws(seed, index), program), program, startMs);
  if (trial === undefined) return undefined;
  const again = `npm run random-jobs -- --seed ${seed} --job ${index} --runtime ${program}`;
  const simple = trial.hung ? trial : await simplest(trial, program, startMs);
  const more = simple === trial ? [] : ["made simpler:", ...simple.lines];
  return { report: [`\nWRONG: ${again}`, ...trial.lines, ...more].join("\n") };
}

/** The simplest job on the way from this one that still goes wrong. */
async function simplest(trial: Trial, program: Program, startMs: number): Promise<Trial> {
  const until = Date.now() + MAX_SIMPLER_MS;
  let best = trial;
  for (let found = true; found; ) {
    found = false;
    for (const job of simplerThan(best.job)) {
      if (Date.now() > until) return best;
      const worse = await attemptOften(job, program, startMs);
      if (worse === undefined) continue;
      if (best !== trial) rmSync(best.folder, { recursive: true });
      best = worse;
      found = true;
      break;
    }
  }
  return best;
}

async function attemptOften(job: Job, program: Program, startMs: number): Promise<Trial | undefined> {
  for (let i = 0; i < TRIALS; i++) {
    const trial = await attempt(job, program, startMs);
    if (trial !== undefined) return trial;
  }
  return undefined;
}

/** Runs a job once; what is wrong, or undefined. */
async function attempt(job: Job, program: Program, startMs: number): Promise<Trial | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "random-job-"));
  mkdirSync(join(folder, "tmp"));
  const place = { folder, mark: `${process.pid}-${folder}`, program, startMs };
  writeFiles(job, place);
  const outcomes = await runJob(job, place);
  const expected = await expectedOf(job);
  const troubles = troublesOf(job, expected, outcomes);
  const last = outcomes.at(-1);
  if (troubles.length === 0 && last?.code === 0 && last.errors && job.fault.tag === "none" && job.from !== "bytes") {
    troubles.push(...troublesOfRejects(expected, await runRejects(job, place)));
  }
  // The second Ctrl-C kills: what stands beside the output then is as after kill -9.
  const isKilled = last?.signal !== null || (job.fault.tag === "signal" && job.fault.againMs !== undefined);
  const isComplete = last?.code === 0 || (!canResume(job) && !isKilled);
  for (const left of await leftovers(place, isComplete)) troubles.push(`left behind: ${left}`);
  killAll(place.mark);
  if (troubles.length === 0) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const command = [...commandOf(program), ...argumentsOf(job)].join(" ");
  for (const [i, { stdout, stderr }] of outcomes.entries()) {
    writeFileSync(join(folder, `stdout-${i + 1}`), stdout);
    writeFileSync(join(folder, `stderr-${i + 1}`), stderr);
  }
  const { inputs: _, script, ...rest } = job;
  const said = outcomes.map(({ code, signal, stderr }) => `  ended with ${code ?? signal}: ${stderr.slice(0, 1500)}`);
  const about = JSON.stringify({ ...rest, cuts: rest.cuts.length, script: { ...script, deeds: [...script.deeds] } });
  const lines = [...troubles, `  cd ${folder}; ${command}`, `  ${about}`, ...said];
  return { job, lines, folder, hung: outcomes.some(({ hung }) => hung !== undefined) };
}
