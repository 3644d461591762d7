// laws: whatever has been measured, a span has at least one chunk, fits its limits, and shrinks towards the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Pace, type PaceOptions, type SpanCosts } from "../core/pace.ts";

const options = fc
  .record({
    workers: fc.integer({ min: 1, max: 64 }),
    chunkBytes: fc.integer({ min: 1, max: 1 << 21 }),
    maxSpanBytes: fc.integer({ min: 1, max: 1 << 22 }),
    concurrency: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ workers, ...sizes }): PaceOptions => ({ workers: () => workers, ...sizes }));
const measured = fc.record({
  chunks: fc.nat(4096),
  records: fc.nat(1_000_000),
  busyMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })),
  bytes: fc.nat(1 << 24),
  asynchronous: fc.boolean(),
});
const left = fc.option(fc.nat(2 ** 40), { nil: undefined });

function paceOf(options: PaceOptions, all: readonly SpanCosts[]) {
  const pace = new Pace(options);
  for (const costs of all) pace.learn(costs);
  return pace;
}

test("a span has a whole number of chunks, at least one, and fits in its bytes", () => {
  fc.assert(
    fc.property(options, fc.array(measured, { maxLength: 5 }), left, (how, all, bytes) => {
      const chunks = paceOf(how, all).chunks(bytes);
      assert.equal(Number.isInteger(chunks) && chunks >= 1, true, String(chunks));
      assert.equal(
        chunks === 1 || chunks * how.chunkBytes <= how.maxSpanBytes,
        true,
        "more bytes than a span may have",
      );
    }),
    { numRuns: 500 },
  );
});

test("before anything is known, chunks go out one by one", () => {
  fc.assert(fc.property(options, left, (how, bytes) => assert.equal(new Pace(how).chunks(bytes), 1)));
});

test("the less is left, the smaller the spans", () => {
  fc.assert(
    fc.property(options, measured, fc.tuple(fc.nat(2 ** 30), fc.nat(2 ** 30)), (how, once, [a, b]) => {
      const pace = paceOf(how, [once]);
      const [less, more] = a < b ? [a, b] : [b, a];
      assert.equal(pace.chunks(less) <= pace.chunks(more), true);
    }),
  );
});

test("near the end no span takes more than a worker's fair part", () => {
  fc.assert(
    fc.property(options, measured, fc.nat(2 ** 30), (how, once, bytes) => {
      const chunksLeft = bytes / how.chunkBytes;
      assert.equal(paceOf(how, [once]).chunks(bytes) <= Math.max(1, Math.ceil(chunksLeft / how.workers())), true);
    }),
  );
});

test("slow chunks go out one by one, quick ones many at a time", () => {
  const how: PaceOptions = { workers: () => 4, chunkBytes: 1000, maxSpanBytes: 64_000, concurrency: 8 };
  assert.equal(
    paceOf(how, [{ chunks: 1, records: 10, busyMs: 500, bytes: 0, asynchronous: false }]).chunks(undefined),
    1,
  );
  assert.equal(
    paceOf(how, [{ chunks: 1, records: 10, busyMs: 0.1, bytes: 0, asynchronous: false }]).chunks(undefined),
    64,
  );
});

test("chunks with much output go out few at a time, so that what a worker keeps stays in the cache", () => {
  const how: PaceOptions = { workers: () => 4, chunkBytes: 1000, maxSpanBytes: 64_000, concurrency: 8 };
  const once = { chunks: 2, records: 10, busyMs: 0.1, asynchronous: false };
  assert.equal(paceOf(how, [{ ...once, bytes: 2 * 1024 * 1024 }]).chunks(undefined), 2);
  assert.equal(paceOf(how, [{ ...once, bytes: 100 * 1024 * 1024 }]).chunks(undefined), 1);
});

test("while there is much left requests are twice as long, and half as many", () => {
  const how: PaceOptions = { workers: () => 2, chunkBytes: 1000, maxSpanBytes: 1_000_000, concurrency: 8 };
  const pace = paceOf(how, [{ chunks: 1, records: 10, busyMs: 1, bytes: 0, asynchronous: false }]);
  assert.equal(pace.chunks(10_000_000), 100);
  assert.equal(pace.chunks(1_500_000), 75);
  assert.equal(pace.chunks(600_000), 50);
  assert.equal(pace.chunks(undefined), 50, "of a stream nobody knows how much is left");
});

test("a worker has another request at hand unless requests are slow, and more where it only waits", () => {
  const how: PaceOptions = { workers: () => 4, chunkBytes: 1000, maxSpanBytes: 64_000, concurrency: 100 };
  const once = { chunks: 1, records: 10, busyMs: 1, bytes: 0, asynchronous: false };
  assert.equal(new Pace(how).depth(), 2);
  assert.equal(paceOf(how, [once]).depth(), 2);
  assert.equal(paceOf(how, [{ ...once, busyMs: 1000 }]).depth(), 1);
  assert.equal(paceOf(how, [{ ...once, asynchronous: true }]).depth() >= 10, true, "100 records cannot be in flight");
});

test("a worker never has fewer than one request or more than its concurrency asks for", () => {
  fc.assert(
    fc.property(options, fc.array(measured, { maxLength: 5 }), (how, all) => {
      const depth = paceOf(how, all).depth();
      assert.equal(Number.isInteger(depth) && depth >= 1 && depth <= 2 + how.concurrency, true, String(depth));
    }),
  );
});
