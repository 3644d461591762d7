// The plan of a task: what it gives is the task, cut between chunks where chunks are seen.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import type { Pace } from "../../../../../core/coordinator/schedule/batch-end.ts";
import { BatchPlan } from "../../../../../core/coordinator/stage/batch-plan.ts";
import { evenGrid } from "../../../../../core/protocol/chunk-grid.ts";

const segments = [
  { source: 0, start: 10, end: 30, shift: 0 },
  { source: 1, start: 0, end: 25, shift: 30 },
];
const batch: Batch = { next: { source: 0, shift: 0 }, segments, block: undefined, bytes: 45 };
const splitting = { grid: evenGrid(10), separator: 10, use: "seen" as const };

/** What has been measured, where that makes batches so long. */
function paceOf(batchBytes: number): Pace {
  return { asynchronous: false, batchBytes, recordBytes: 1 };
}

function parts(bytes: number): Batch[] {
  const plan = new BatchPlan(batch, splitting);
  const all: Batch[] = [];
  for (let left = plan.left; left > 0; left = plan.left) {
    // The fair part of what is left is of no concern.
    all.push(plan.next(1, paceOf(bytes)) as Batch);
    assert.ok(plan.left < left, "it gives something");
  }
  assert.equal(plan.next(1, paceOf(bytes)), undefined);
  return all;
}

for (const bytes of [0, 1, 10, 17, 1000])
  test(`parts of ${bytes} bytes are the whole task, and end between chunks`, () => {
    const all = parts(bytes);
    const covered = all.flatMap((part) => part.segments.map(({ source, start, end }) => ({ source, start, end })));
    for (const source of [0, 1]) {
      const own = covered.filter((each) => each.source === source);
      assert.equal(own[0]?.start, segments[source]?.start);
      assert.equal(own.at(-1)?.end, segments[source]?.end);
      for (const [i, { start }] of own.entries()) if (i > 0) assert.equal(start, own[i - 1]?.end);
    }
    for (const part of all.slice(0, -1)) {
      const last = part.segments.at(-1);
      assert.equal(((last?.end ?? 0) + (last?.shift ?? 0)) % 10, 0);
    }
    if (bytes === 1000) assert.equal(all.length, 1);
    if (bytes === 10) assert.equal(all.length, 5);
  });

test("a task of nothing gives nothing", () => {
  const plan = new BatchPlan({ ...batch, segments: [], bytes: 0 }, splitting);
  assert.deepEqual([plan.left, plan.next(10, paceOf(10))], [0, undefined]);
});
