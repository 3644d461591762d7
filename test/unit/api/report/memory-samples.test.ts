import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySamples } from "../../../../api/report/memory-samples.ts";

test("looks get rarer with the time, and peaks stay", () => {
  const samples = new MemorySamples({ most: 10, everyMs: 100 });
  let looks = 0;
  for (let ms = 0; ms < 20_000; ms += 10) {
    if (!samples.isDue(ms)) continue;
    looks++;
    samples.add(ms, new Map([[0, ms === 300 ? 999_999 : ms]]));
  }
  const { atMs, bytes, peaks } = samples.series(5);
  assert.ok(atMs.length <= 10 && atMs.length >= 5, `${atMs.length}`);
  assert.ok(looks < 60, `${looks} looks`);
  assert.equal(bytes.get(0)?.length, atMs.length);
  assert.equal(peaks.get(0), 999_999);
});

test("a process that was not there has no memory, and only those with the most are shown", () => {
  const samples = new MemorySamples({ most: 10, everyMs: 1 });
  samples.add(0, new Map([[-1, 5]]));
  samples.add(
    1,
    new Map([
      [-1, 6],
      [0, 100],
      [1, 50],
      [2, 1],
    ]),
  );
  const { bytes, peaks } = samples.series(3);
  assert.deepEqual(
    [...bytes],
    [
      [-1, [5, 6]],
      [0, [undefined, 100]],
      [1, [undefined, 50]],
    ],
  );
  assert.equal(peaks.size, 4);
});
