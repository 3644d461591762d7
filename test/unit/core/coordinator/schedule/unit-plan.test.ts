// laws: the plan of records that are counted covers each of them once, and ends batches where what is decoded in one go ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import { UnitPlan } from "../../../../../core/coordinator/schedule/unit-plan.ts";
import { chunkAt, evenGrid } from "../../../../../core/protocol/chunk-grid.ts";
import type { Segment } from "../../../../../core/protocol/messages.ts";
import { hows } from "../../../../support/plans.ts";

test("every number of a range is in exactly one batch, whatever is asked for", () => {
  const asked = fc.array(fc.nat(50_000), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.nat(5000), hows, asked, (units, how, counts) => {
      const plan = new UnitPlan({ ...how, units });
      let at = 0;
      for (let i = 0; ; i++) {
        assert.equal(plan.left, units - at);
        const batch = plan.next(counts[i % counts.length] as number);
        if (batch === undefined) break;
        const [segment] = batch.segments as [Segment];
        assert.equal(segment.start, at);
        assert.equal(batch.bytes, segment.end - at);
        at = segment.end;
        const isBorder = how.use === "unseen" || at === units || chunkAt(how.grid, at).start === at;
        assert.ok(isBorder && batch.bytes > 0);
      }
      assert.equal(at, units);
    }),
  );
});

test("units are given out up to where what is decoded in one go ends, unless that is too much or they wait for something", () => {
  const borders = [100, 250, 300, 5000];
  const options = { units: 5000, borders, maxBatchBytes: 10_000, grid: evenGrid(10) };
  const plan = new UnitPlan({ ...options, use: "unseen" });
  const endOf = (wanted: number, asynchronous = false) =>
    (plan.next(wanted, { asynchronous, batchBytes: wanted, recordBytes: 1 }) as Batch).segments[0]?.end;
  // Nothing is known yet: a chunk.
  assert.equal(endOf(0), 10);
  assert.equal(endOf(20), 100);
  assert.equal(endOf(20, true), 120);
  assert.equal(endOf(140), 250);
  assert.equal(endOf(70), 300);
  // 4,700 rows are worth more than sixteen batches of 200.
  assert.equal(endOf(200), 500);
  assert.equal(endOf(400), 5000);
});

test("borders do not change where chunks are merged", () => {
  const options = { units: 1000, maxBatchBytes: 10_000, grid: evenGrid(10) };
  const plan = new UnitPlan({ ...options, use: "merged", borders: [300, 1000] });
  for (
    let batch = plan.next(20) as Batch | undefined;
    batch !== undefined;
    batch = plan.next(20) as Batch | undefined
  ) {
    const { start, end } = batch.segments[0] as Segment;
    const chunks = Math.ceil((end - start) / 10);
    assert.ok(end === 1000 || Number.isInteger(Math.log2(chunks)), `${start} to ${end}`);
    assert.equal((start / 10) % 2 ** Math.floor(Math.log2(chunks)), 0);
  }
});
