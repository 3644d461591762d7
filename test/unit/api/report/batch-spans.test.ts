import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BatchSpan, BatchSpans } from "../../../../api/report/batch-spans.ts";

function span(worker: number, startMs: number, endMs: number, how: BatchSpan["how"] = "done"): BatchSpan {
  return {
    worker,
    startMs,
    endMs,
    batches: 1,
    busyMs: endMs - startMs,
    records: 10,
    bytes: 100,
    how,
    source: 0,
    offset: startMs,
  };
}

test("few batches are kept as they are, by worker", () => {
  const spans = new BatchSpans(10);
  spans.add(span(1, 0, 5));
  spans.add(span(0, 1, 3));
  spans.add(span(1, 6, 8));
  assert.deepEqual(
    spans.all().map(({ worker, startMs, endMs }) => [worker, startMs, endMs]),
    [
      [0, 1, 3],
      [1, 0, 5],
      [1, 6, 8],
    ],
  );
});

test("of one worker no two overlap", () => {
  const spans = new BatchSpans(10);
  spans.add(span(0, 0, 5));
  spans.add(span(0, 3, 9));
  spans.add(span(0, 1, 9));
  const [, second, third] = spans.all();
  assert.deepEqual([second?.startMs, third?.startMs, third?.endMs], [5, 9, 9]);
});

test("however many batches there are, no more spans are kept than wanted, and their sums stay", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 })),
      ),
      (most, batches) => {
        const spans = new BatchSpans(most);
        const ends = new Map<number, number>();
        for (const [worker, gap, length] of batches) {
          const startMs = (ends.get(worker) ?? 0) + gap;
          ends.set(worker, startMs + length);
          spans.add(span(worker, startMs, startMs + length));
        }
        const all = spans.all();
        assert.ok(all.length <= Math.max(most, ends.size), `${all.length} of ${most}`);
        const sum = (part: "batches" | "records" | "bytes" | "busyMs") =>
          all.reduce((total, each) => total + each[part], 0);
        assert.equal(sum("batches"), batches.length);
        assert.equal(sum("records"), 10 * batches.length);
        assert.equal(
          sum("busyMs"),
          batches.reduce((total, [, , length]) => total + length, 0),
        );
        for (const [worker, end] of ends) assert.equal(all.findLast((each) => each.worker === worker)?.endMs, end);
      },
    ),
  );
});

test("a death stays a span of its own", () => {
  const spans = new BatchSpans(2);
  for (let i = 0; i < 100; i++) spans.add(span(0, 2 * i, 2 * i + 1, i === 50 ? "died" : "done"));
  assert.deepEqual(
    spans.all().map(({ how, batches }) => [how, batches]),
    [
      ["done", 50],
      ["died", 1],
      ["done", 49],
    ],
  );
});
