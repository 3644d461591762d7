// npm run random-jobs -- [--seed N] [--jobs N] [--job N] [--runtime node|node24|bun|deno] [--minutes N]
//
// Random jobs, with random faults, against a plain loop that knows nothing of pmap. Every failure prints the command that
// repeats it, and leaves its files.
import { parseArgs } from "node:util";
import { seed as ownSeed } from "../support/disturb.ts";
import { isProgram } from "./random-jobs/programs.ts";
import { measureStart } from "./random-jobs/run.ts";
import { type Failure, tryJob } from "./random-jobs/try-job.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(ownSeed) },
    jobs: { type: "string" },
    job: { type: "string" },
    runtime: { type: "string", default: "node" },
    minutes: { type: "string" },
  },
});
const program = values.runtime;
if (!isProgram(program)) throw new Error(`Cannot run on "${program}": take node, node24, bun or deno`);
const seed = Number(values.seed);
const first = Number(values.job ?? 0);
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
const jobs =
  values.job !== undefined ? 1 : Number(values.jobs ?? (minutes === undefined ? 100 : Number.POSITIVE_INFINITY));
const until = minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + minutes * 60_000;

console.log(`random jobs on ${program}: --seed ${seed}`);
const failures: Failure[] = [];
let done = 0;
let startMs = 0;
for (; done < jobs && Date.now() < until; done++) {
  // The machine may be busier now.
  if (done % 20 === 0) startMs = await measureStart(program);
  const failure = await tryJob({ seed, index: first + done, program, startMs });
  if (failure !== undefined) {
    failures.push(failure);
    console.log(failure.report);
  }
  if ((done + 1) % 50 === 0) console.log(`${done + 1} jobs, ${failures.length} of them wrong`);
}
console.log(`${done} random jobs on ${program} (--seed ${seed}), ${failures.length} of them wrong`);
if (failures.length > 0) process.exitCode = 1;
