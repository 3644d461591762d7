import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TimeBins } from "../../../../api/report/time-bins.ts";

test("what comes evenly is shared out to the bins that it lies in", () => {
  const bins = new TimeBins(["n"], { most: 100, firstMs: 10 });
  bins.add(5, 25, { n: 20 });
  bins.add(12, 12, { n: 1 });
  assert.deepEqual(bins.binned(), { widthMs: 10, sums: { n: [5, 11, 5] } });
});

test("bins get wider with the time, there are never too many, and nothing is lost", () => {
  const period = fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1e5, noNaN: true }));
  fc.assert(
    fc.property(fc.array(period, { maxLength: 50 }), fc.integer({ min: 1, max: 30 }), (periods, most) => {
      const bins = new TimeBins(["n"], { most, firstMs: 1 });
      for (const [start, ms] of periods) bins.add(start, start + ms, { n: 7 });
      const { widthMs, sums } = bins.binned();
      assert.ok(sums.n.length <= most);
      assert.ok(periods.every(([start, ms]) => start + ms < widthMs * most));
      const total = sums.n.reduce((sum, n) => sum + n, 0);
      assert.ok(Math.abs(total - 7 * periods.length) < 1e-6 * (1 + periods.length), `${total}`);
      assert.ok(sums.n.every((n) => n >= -1e-9));
    }),
  );
});
