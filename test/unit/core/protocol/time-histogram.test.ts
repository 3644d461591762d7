import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bucketStartMs, isTimeCounts, TimeHistogram } from "../../../../core/protocol/time-histogram.ts";

test("a time is in the bucket that begins before it and ends behind it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
      const histogram = new TimeHistogram();
      histogram.add(ms);
      const counts = histogram.counts();
      const bucket = counts.length - 1;
      assert.equal(counts[bucket], 1);
      const slack = 1 + 1e-9;
      assert.ok(bucketStartMs(bucket) <= ms * slack);
      assert.ok(ms <= bucketStartMs(bucket + 1) * slack || bucket === 71, `${ms} in ${bucket}`);
    }),
  );
});

test("counts of several workers add up, whatever their lengths", () => {
  const [one, other, sum] = [new TimeHistogram(), new TimeHistogram(), new TimeHistogram()];
  for (const ms of [0, 0.001, 2, 2]) one.add(ms);
  for (const ms of [2, 500]) other.add(ms);
  sum.addAll(one.counts());
  sum.addAll(other.counts());
  assert.equal(
    sum.counts().reduce((total, n) => total + n, 0),
    6,
  );
  assert.ok(sum.counts().includes(3));
  assert.deepEqual(new TimeHistogram().counts(), []);
});

test("only counts that can be ones are taken from a worker", () => {
  assert.ok(isTimeCounts([]) && isTimeCounts([0, 3]));
  for (const bad of [undefined, "1", [-1], [1.5], ["1"], [Number.NaN], new Array(1000).fill(1)])
    assert.ok(!isTimeCounts(bad));
});
