// npm run random-jobs:spark -- [--seed N] [--jobs N] [--job N] [--minutes N]
//
// Random jobs on Spark, some with workers and stages that are killed, against the same jobs on this machine.
import { parseArgs } from "node:util";
import { seed as ownSeed } from "../support/disturb.ts";
import { spark } from "../support/spark.ts";
import { tryOnSpark } from "./random-jobs/try-job.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(ownSeed) },
    jobs: { type: "string", default: "20" },
    job: { type: "string" },
    minutes: { type: "string", default: "600" },
  },
});
if ("missing" in spark) throw new Error(`Cannot run jobs on Spark: ${spark.missing}`);
const seed = Number(values.seed);
const first = Number(values.job ?? 0);
const jobs = values.job === undefined ? Number(values.jobs) : 1;
const until = Date.now() + Number(values.minutes) * 60_000;
const counts = { "the same": 0, refused: 0, wrong: 0 };
let kills = 0;
for (let index = first; index < first + jobs && Date.now() < until; index++) {
  const tried = await tryOnSpark(seed, index);
  counts[tried.how]++;
  kills += tried.kills;
  if (tried.how === "wrong")
    console.log(`\nWRONG: npm run random-jobs:spark -- --seed ${seed} --job ${index}\n${tried.report}`);
}
console.log(`random jobs on Spark (--seed ${seed}): ${JSON.stringify({ ...counts, kills })}`);
if (counts.wrong > 0) process.exitCode = 1;
