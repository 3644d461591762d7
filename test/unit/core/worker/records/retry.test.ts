// When a record that has thrown is tried again, and how long that takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JobError } from "../../../../../core/errors.ts";
import { VerbError } from "../../../../../core/worker/records/record-error.ts";
import { mayPass, pauseMs, retried } from "../../../../../core/worker/records/retry.ts";
import type { Settled } from "../../../../../core/worker/records/returned-value.ts";

test("a pause is twice as long as the one before, up to half a minute, and in part chance", () => {
  const longest = [1, 2, 3, 4, 7, 50, 2000].map((attempt) => pauseMs(attempt, new Error("no"), 1));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 30_000, 30_000, 30_000]);
  assert.equal(pauseMs(3, undefined, 0), 1000);
  assert.equal(pauseMs(3, null, 0.5), 1500);
});

test("an error says itself when to come back, as HTTP does", () => {
  const after = (retryAfter: unknown) => pauseMs(1, { retryAfter }, 0);
  assert.equal(after(2), 2000);
  assert.equal(after("2"), 2000);
  assert.equal(after(0), 0);
  assert.equal(after(-5), 0);
  assert.equal(after(new Date(0)), 0);
  const inTenMinutes = new Date(Date.now() + 600_000);
  for (const said of [inTenMinutes, inTenMinutes.toUTCString()]) {
    const ms = after(said);
    assert.ok(ms > 500_000 && ms <= 600_000, String(ms));
  }
  assert.equal(after(1e9), 3_600_000, "not for ever");
  for (const nothing of ["", "soon", {}, true, Number.NaN, new Date(Number.NaN)]) assert.equal(after(nothing), 250);
  assert.equal(pauseMs(1, { retryAfter: 10 }, 1), 11_000, "not all at once");
});

test("what a job or the output is to blame for is not tried again", () => {
  assert.ok(mayPass(new Error("no"), "map") && mayPass("no", "filter") && mayPass(1000, "timeout"));
  assert.ok(mayPass(new VerbError("filter", 1), "map"));
  assert.ok(!mayPass(new VerbError("print", 1), "map"));
  for (const verb of ["parse", "print", "key", "reduce"]) assert.ok(!mayPass(new Error("no"), verb), verb);
  assert.ok(!mayPass(new JobError("gone"), "map"));
});

async function attempts(results: readonly Settled[], most: number, isOver = () => false) {
  const pauses: number[] = [];
  const pause = async (delayMs: number) => void pauses.push(delayMs);
  const made: number[] = [];
  const settled = await retried(
    async (number) => {
      made.push(number);
      return results[number - 1] as Settled;
    },
    { most, pause, isOver },
  );
  return { settled, made, pauses: pauses.length };
}

const no: Settled = { error: new Error("no"), verb: "map" };
const yes: Settled = { values: [1] };

test("attempts end with the first that does not throw, the last there may be, or the batch", async () => {
  assert.deepEqual(await attempts([yes], 3), { settled: yes, made: [1], pauses: 0 });
  assert.deepEqual(await attempts([no, no, yes], 3), { settled: yes, made: [1, 2, 3], pauses: 2 });
  assert.deepEqual(await attempts([no, no, no], 2), { settled: { ...no, attempts: 3 }, made: [1, 2, 3], pauses: 2 });
  assert.deepEqual(await attempts([no], 5, () => true), { settled: { ...no, attempts: 1 }, made: [1], pauses: 0 });
});
