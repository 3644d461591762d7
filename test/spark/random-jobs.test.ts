// A few of the random jobs on Spark, always the same ones; `npm run random-jobs:spark` runs others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { spark } from "../support/spark.ts";
import { tryOnSpark } from "./random-jobs/try-job.ts";

const SEED = 1;
const JOBS = 4;

if ("missing" in spark) test(`random jobs are not run on Spark: ${spark.missing}`, () => {});
else
  for (let index = 0; index < JOBS; index++)
    test(`random job ${index} of seed ${SEED} gives on Spark what it gives on this machine`, async () => {
      const { how, report } = await tryOnSpark(SEED, index);
      assert.notEqual(how, "wrong", report);
    });
