import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceLines } from "../../../../../core/coordinator/commit/source-lines.ts";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import type { Job } from "../../../../../core/coordinator/job/job.ts";
import { rangeInput } from "../../../../../core/formats/range.ts";
import { inputNamed } from "../../../../../core/formats/registry.ts";

const file = (name: string) => ({ kind: "file", name, path: name, begin: 0, end: 100 }) as const;
const at = (source: number, line: number, offset = 0) => ({ source, line, offset, origin: undefined });

function linesOf(from = "jsonl", sources: Job["sources"] = [file("a"), file("b")]): SourceLines {
  return new SourceLines({ sources, input: inputNamed(from) });
}

function batchOf(...segments: readonly (readonly [source: number, start: number, headerLines?: number])[]): Batch {
  const next = { source: 0, shift: 0 };
  const parts = segments.map(([source, start, headerLines]) => ({
    source,
    start,
    end: start + 10,
    shift: 0,
    headerLines,
  }));
  return { next, segments: parts, block: undefined, bytes: 10 * segments.length };
}

test("a line is counted from the source's beginning, over batches of one source and of several", () => {
  const lines = linesOf();
  const first = batchOf([0, 0]);
  assert.deepEqual(lines.placeOf(first, at(0, 3)), { sourceName: "a", line: 3 });
  lines.enter(first, [5]);
  const second = batchOf([0, 10], [1, 0]);
  assert.deepEqual(lines.placeOf(second, at(0, 3)), { sourceName: "a", line: 8 });
  assert.deepEqual(lines.placeOf(second, at(1, 3)), { sourceName: "b", line: 3 });
  lines.enter(second, [2, 4]);
  assert.deepEqual([lines.of(0), lines.of(1), lines.of(2)], [7, 4, 0]);
});

test("the lines of a header count, and a journal has those of the last source", () => {
  const lines = linesOf("csv");
  const batch = batchOf([0, 20, 2]);
  assert.deepEqual(lines.placeOf(batch, at(0, 1)), { sourceName: "a", line: 3 });
  lines.enter(batch, [4]);
  lines.enter(batchOf([1, 0, 1]), [1]);
  const resumed = linesOf("csv");
  resumed.restore(lines.entry());
  assert.deepEqual([resumed.of(0), resumed.of(1)], [0, 2]);
});

test("where places are not lines of a source, they are those of the record, the stream or the position", () => {
  const origin = { source: "elsewhere", line: 17, from: "jsonl" };
  const lines = linesOf();
  assert.deepEqual(lines.placeOf(batchOf([0, 0]), { ...at(0, 1), origin }), { sourceName: "elsewhere", line: 17 });
  const stream = {
    kind: "stream",
    name: "-",
    read: async () => undefined,
    lineAt: (offset: number) => offset * 2,
  } as const;
  assert.deepEqual(linesOf("jsonl", [stream]).placeOf(batchOf([0, 0]), at(0, 1, 21)), { sourceName: "-", line: 42 });
  const numbers = new SourceLines({ sources: [], input: rangeInput({ from: 5, step: 5, count: 10 }) });
  assert.deepEqual(numbers.placeOf(batchOf([0, 0]), at(0, 1, 6)), { sourceName: "--range", line: 7 });
});
