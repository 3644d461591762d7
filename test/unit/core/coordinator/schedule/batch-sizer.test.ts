// laws: whatever has been measured, a batch fits its limits, and shrinks towards the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type BatchCosts,
  BatchSizer,
  type BatchSizerOptions,
} from "../../../../../core/coordinator/schedule/batch-sizer.ts";

const options = fc
  .record({
    workers: fc.integer({ min: 1, max: 64 }),
    maxBatchBytes: fc.integer({ min: 1, max: 1 << 22 }),
    concurrency: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ workers, ...sizes }): BatchSizerOptions => ({ workers: () => workers, ...sizes }));
const measured = fc.record({
  inputBytes: fc.integer({ min: 1, max: 1 << 24 }),
  records: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
  busyMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })),
  outputBytes: fc.nat(1 << 24),
  asynchronous: fc.boolean(),
});
const left = fc.option(fc.nat(2 ** 40), { nil: undefined });

function paceOf(options: BatchSizerOptions, all: readonly BatchCosts[]) {
  const sizer = new BatchSizer(options);
  for (const costs of all) sizer.learn(costs);
  return sizer;
}

/** Megabytes a second, in batches of 1,000 bytes and 10 records. */
const once: BatchCosts = { inputBytes: 1000, records: 10, busyMs: 1, outputBytes: 0, asynchronous: false };

test("a batch fits in its bytes", () => {
  fc.assert(
    fc.property(options, fc.array(measured, { maxLength: 5 }), left, (how, all, bytes) => {
      const wanted = paceOf(how, all).bytes(bytes);
      assert.ok(wanted >= 0 && wanted <= how.maxBatchBytes, String(wanted));
    }),
    { numRuns: 500 },
  );
});

test("before anything is known, chunks go out one by one", () => {
  fc.assert(fc.property(options, left, (how, bytes) => assert.equal(new BatchSizer(how).bytes(bytes), 0)));
});

test("the less is left, the smaller the batches", () => {
  fc.assert(
    fc.property(options, measured, fc.tuple(fc.nat(2 ** 30), fc.nat(2 ** 30)), (how, costs, [a, b]) => {
      const sizer = paceOf(how, [costs]);
      assert.ok(sizer.bytes(Math.min(a, b)) <= sizer.bytes(Math.max(a, b)));
    }),
  );
});

test("near the end no batch takes more than a third of a worker's fair part", () => {
  fc.assert(
    fc.property(options, measured, fc.nat(2 ** 30), (how, costs, bytes) => {
      assert.ok(paceOf(how, [costs]).bytes(bytes) <= bytes / how.workers() / 3 + 1e-6);
    }),
  );
});

test("slow input goes out a little at a time, quick input much", () => {
  const how: BatchSizerOptions = { workers: () => 4, maxBatchBytes: 64_000, concurrency: 8 };
  assert.equal(paceOf(how, [{ ...once, busyMs: 500 }]).bytes(undefined), 100);
  assert.equal(paceOf(how, [{ ...once, busyMs: 5000 }]).bytes(undefined), 100, "a record has 100 bytes");
  assert.equal(paceOf(how, [{ ...once, busyMs: 0.1 }]).bytes(undefined), 64_000);
});

test("where no record has begun yet, batches become longer and longer", () => {
  const how: BatchSizerOptions = { workers: () => 4, maxBatchBytes: 1 << 30, concurrency: 8 };
  const none = { ...once, records: 0 };
  assert.equal(paceOf(how, [none]).bytes(undefined), 2000);
  assert.equal(paceOf(how, [none, { ...none, inputBytes: 2000 }]).bytes(undefined), 5400);
  assert.equal(paceOf(how, [none, once]).bytes(undefined), 50_000, "a record says more");
});

test("a long batch says more than the short ones before it", () => {
  const how: BatchSizerOptions = { workers: () => 4, maxBatchBytes: 1 << 30, concurrency: 8 };
  const cold = { ...once, inputBytes: 100, busyMs: 1 };
  const warm = { ...once, inputBytes: 1_000_000, busyMs: 10 };
  assert.ok(paceOf(how, [cold, cold, warm]).bytes(undefined) > 4_000_000);
});

test("input with much output goes out a little at a time, so that what a worker keeps stays in the cache", () => {
  const how: BatchSizerOptions = { workers: () => 4, maxBatchBytes: 64_000, concurrency: 8 };
  const quick = { ...once, inputBytes: 2000, busyMs: 0.1 };
  assert.equal(paceOf(how, [{ ...quick, outputBytes: 2 * 1024 * 1024 }]).bytes(undefined), 2000);
  assert.equal(paceOf(how, [{ ...quick, outputBytes: 200 * 1024 * 1024 }]).bytes(undefined), 20);
});

test("while there is much left requests are twice as long, and half as many", () => {
  const sizer = paceOf({ workers: () => 2, maxBatchBytes: 1_000_000, concurrency: 8 }, [once]);
  assert.equal(sizer.bytes(10_000_000), 100_000);
  assert.equal(sizer.bytes(1_500_000), 75_000);
  assert.equal(sizer.bytes(600_000), 50_000);
  assert.equal(sizer.bytes(undefined), 50_000, "of a stream it is not known how much is left");
});

test("of an asynchronous script, whose records are held until they are emitted, requests are short", () => {
  const how: BatchSizerOptions = { workers: () => 2, maxBatchBytes: 1_000_000, concurrency: 8 };
  assert.equal(paceOf(how, [{ ...once, asynchronous: true }]).bytes(10_000_000), 25_000);
});

test("assignments of what has been handed on are about a record at first, and double with each round of workers", () => {
  const sizer = paceOf({ workers: () => 4, maxBatchBytes: 1 << 30, concurrency: 8 }, [once]);
  const slow = { ...once, inputBytes: 2, records: 1, busyMs: 3000 };
  const assignments = Array.from({ length: 16 }, (_, given) => sizer.assignment(1_000_000, slow, given));
  assert.deepEqual(assignments, [2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 16, 16, 16, 16]);
});

test("a worker has another request at hand unless requests are slow, and more where it only waits", () => {
  const how: BatchSizerOptions = { workers: () => 4, maxBatchBytes: 64_000, concurrency: 100 };
  assert.equal(new BatchSizer(how).depth(), 2);
  assert.equal(paceOf(how, [once]).depth(), 2);
  assert.equal(paceOf(how, [{ ...once, busyMs: 1000 }]).depth(), 1);
  const waits = paceOf(how, [{ ...once, asynchronous: true }]);
  waits.gives(1000);
  assert.equal(waits.depth(), 11, "100 records are in flight, of requests of 10");
  waits.learn({ ...once, busyMs: 1000, asynchronous: true });
  assert.equal(waits.depth(), 10, "they are slow");
});

test("as long as no record of an asynchronous script has come to its end, a worker gets what it can run at once", () => {
  const sizer = new BatchSizer({ workers: () => 4, maxBatchBytes: 1 << 20, concurrency: 8 });
  sizer.starts(8, 800);
  assert.equal(sizer.depth(), 1);
  const head = { inputBytes: 800, records: 8, busyMs: undefined, outputBytes: 0, asynchronous: true };
  assert.equal(sizer.assignment(100_000, head, 0), 800);
  assert.equal(sizer.assignment(100_000, head, 4), 1600, "the next round");
  assert.equal(sizer.assignment(4800, head, 40), 400, "a part of what is left");
  assert.equal(sizer.assignment(100, head, 40), 100, "a record");
});

test("asynchronous records that are slow go out one by one, as long as the coordinator can answer", () => {
  const slow = { ...once, busyMs: 100, asynchronous: true };
  const few = paceOf({ workers: () => 4, maxBatchBytes: 1 << 20, concurrency: 8 }, [slow]);
  assert.equal(few.bytes(undefined), 100);
  const many = paceOf({ workers: () => 64, maxBatchBytes: 1 << 20, concurrency: 50 }, [{ ...slow, records: 100 }]);
  assert.equal(
    Math.round(many.bytes(undefined) / 10),
    25,
    "25 ms: at 2 requests a millisecond 32 of 3,200 places would do",
  );
  const quick = paceOf({ workers: () => 4, maxBatchBytes: 1 << 20, concurrency: 8 }, [
    { ...slow, records: 1000, inputBytes: 1e5 },
  ]);
  assert.equal(quick.bytes(undefined), 25_000, "they do not wait");
});

test("a worker never has fewer than one request or more than its concurrency asks for", () => {
  fc.assert(
    fc.property(options, fc.array(measured, { maxLength: 5 }), (how, all) => {
      const depth = paceOf(how, all).depth();
      assert.equal(Number.isInteger(depth) && depth >= 1 && depth <= 2 + how.concurrency, true, String(depth));
    }),
  );
});

test("an assignment of what has been handed on takes as long as what each of them has to do again", () => {
  const sizer = new BatchSizer({ workers: () => 2, maxBatchBytes: 1 << 22, concurrency: 1 });
  const quick = sizer.assignment(100_000, once, 0);
  assert.ok(quick < 100_000);
  assert.equal(sizer.assignment(100_000, { ...once, asideMs: 300 }, 0), 300_000);
});

test("a batch that the plan makes long is expected to take long", () => {
  const sizer = paceOf({ workers: () => 2, maxBatchBytes: 1 << 22, concurrency: 1 }, [once]);
  assert.equal(sizer.expectedMs(1_000_000), 100);
  assert.equal(sizer.expectedMs(1_000_000, Number.POSITIVE_INFINITY), 1000);
});
