import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observation } from "../../../../../core/coordinator/estimate/calibrate.ts";
import { breakEven, recordCost, timesOf } from "../../../../../core/coordinator/estimate/cost-model.ts";

const seen = (busyMs: number, changes: Partial<Observation> = {}): Observation => ({
  records: 100,
  bytes: 5000,
  roundMs: busyMs + 1,
  busyMs,
  isNet: true,
  asynchronous: false,
  stages: undefined,
  ...changes,
});

test("without a record there is no cost", () => {
  assert.equal(recordCost([]), undefined);
  assert.equal(recordCost([seen(5, { records: 0 })]), undefined);
});

test("the first half of the time is warm-up, and what is not looked at closely says how long a record takes", () => {
  const stages = { parse: 3, compute: 6, print: 1 };
  const cost = recordCost([seen(120), seen(40), seen(30), seen(20, { stages }), seen(10), seen(10)]);
  assert.ok(cost !== undefined);
  assert.equal(cost.workMs, (40 + 30 + 10 + 10) / 400);
  const split = cost.stages ?? assert.fail();
  for (const [stage, share] of [
    ["parse", 0.3],
    ["compute", 0.6],
    ["print", 0.1],
  ] as const) {
    assert.ok(Math.abs(split[stage] - cost.workMs * share) < 1e-12, stage);
  }
  assert.equal(cost.transferMs, 5 / 500);
  assert.equal(cost.recordsPerBatch, 100);
  assert.equal(cost.bytes, 50);
  assert.ok(Math.abs(cost.warmUpMs - (120 - 100 * cost.workMs)) < 1e-9);
});

test("where it is not known how long a worker had no core, one request of many tells nothing, and slow records do otherwise", () => {
  const warm = [seen(10), seen(10), seen(10), seen(40), seen(10)];
  const all = (isNet: boolean) => [seen(200), ...warm].map((each) => ({ ...each, isNet }));
  assert.equal(recordCost(all(false))?.workMs, 0.1);
  assert.equal(recordCost(all(true))?.workMs, 80 / 500);
});

test("messages cost what they do where no other program is in their way", () => {
  const cost = recordCost([seen(50), seen(20), seen(20, { roundMs: 900 }), seen(20, { roundMs: 20.5 })]);
  assert.equal(cost?.transferMs, 0.5 / 100);
});

test("where every batch was looked at closely, the clock's own time is left out", () => {
  const stages = { parse: 1, compute: 2, print: 1 };
  const cost = recordCost([seen(9, { stages }), seen(8, { stages })]);
  assert.equal(cost?.workMs, 0.04);
  assert.deepEqual(cost?.stages, { parse: 0.01, compute: 0.02, print: 0.01 });
});

test("an asynchronous script's work is not split, and without a whole batch it is not known how long a record is", () => {
  const cost = recordCost([seen(9, { asynchronous: true, bytes: undefined })]);
  assert.deepEqual([cost?.stages, cost?.bytes, cost?.workMs], [undefined, undefined, 0.09]);
});

test("at the break-even one process takes as long as the workers, and with dear messages there is none", () => {
  const cost = recordCost([seen(10)]) ?? assert.fail();
  const how = { workers: 4, startMs: 60 };
  const { serialMs, parallelMs } = timesOf(breakEven(cost, how), cost, how);
  assert.ok(Math.abs(serialMs - parallelMs) < 1e-6);
  assert.equal(breakEven(cost, { ...how, workers: 1 }), Number.POSITIVE_INFINITY);
  assert.equal(breakEven({ ...cost, transferMs: 3 * cost.workMs }, how), Number.POSITIVE_INFINITY);
});
