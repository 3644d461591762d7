// A few of the random jobs, always the same ones; `npm run random-jobs` runs others, as many as there is time for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownRuntime } from "../support/run-pmap.ts";
import { measureStart } from "./random-jobs/run.ts";
import { tryJob } from "./random-jobs/try-job.ts";

const SEEDS = [1, 2, 3, 4, 5];
const JOBS = 5;

for (const seed of SEEDS) {
  test(`${JOBS} random jobs of seed ${seed} give what a plain loop gives`, async () => {
    const startMs = await measureStart(ownRuntime);
    for (let index = 0; index < JOBS; index++) {
      const failure = await tryJob({ seed, index, program: ownRuntime, startMs });
      assert.equal(failure?.report, undefined);
    }
  });
}
