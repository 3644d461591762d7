// laws: however a batch is split, and what is left of it again, every byte is in one assignment, in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { joinPieces } from "../../../../../core/bytes.ts";
import {
  type Batch,
  bytesOfChunk,
  firstAssignment,
  type Splitting,
  splitBatch,
} from "../../../../../core/coordinator/job/batch.ts";
import { Plan } from "../../../../../core/coordinator/schedule/chunk-plan.ts";
import { UnitPlan } from "../../../../../core/coordinator/schedule/unit-plan.ts";
import { chunkAt, evenGrid } from "../../../../../core/protocol/chunk-grid.ts";

const LINE_FEED = 10;
const wanted = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 3000, noNaN: true })), {
  minLength: 1,
  maxLength: 6,
});

function portionsOf(whole: Batch, wanted: readonly number[], splitting: Splitting): Batch[] {
  const assignments: Batch[] = [];
  let left: Batch | undefined = whole;
  for (let i = 0; left !== undefined; i++) {
    const [assignment, rest]: readonly [Batch, Batch | undefined] = firstAssignment(
      left,
      wanted[i % wanted.length] as number,
      splitting,
    );
    assignments.push(assignment);
    left = rest;
    assert.ok(i < 20_000, "there is no end");
  }
  return assignments;
}

/** Adjacent parts of a source as one. */
function joined(batches: readonly Batch[]): { source: number; start: number; end: number }[] {
  const parts: { source: number; start: number; end: number }[] = [];
  for (const { source, start, end } of batches.flatMap(({ segments }) => segments)) {
    const last = parts.at(-1);
    if (last !== undefined && last.source === source && last.end === start) last.end = end;
    else parts.push({ source, start, end });
  }
  return parts;
}

function splittingOf(chunkBytes: number, use: Splitting["use"]): Splitting {
  return { grid: evenGrid(chunkBytes), use, separator: LINE_FEED };
}

async function batchOf(sizes: readonly number[], { grid, use }: Splitting): Promise<Batch | undefined> {
  const sources = sizes.map((end, i) => ({ kind: "file", name: `${i}`, path: `/${i}`, begin: 0, end }) as const);
  const cut = () => assert.fail("there is no stream");
  return new Plan({ sources, grid, use, maxBatchBytes: 1 << 20, cut }).next(1 << 20);
}

const sizesOfFiles = fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 });
const chunkSizes = fc.integer({ min: 1, max: 1000 });

test("assignments of files have every byte once, in order, and each says where the next one begins", async () => {
  const uses = fc.constantFrom<Splitting["use"]>("unseen", "seen", "merged");
  await fc.assert(
    fc.asyncProperty(sizesOfFiles, chunkSizes, wanted, uses, async (sizes, size, bytes, use) => {
      const splitting = splittingOf(size, use);
      const batch = await batchOf(sizes, splitting);
      if (batch === undefined) return;
      const assignments = portionsOf(batch, bytes, splitting);
      assert.deepEqual(joined(assignments), joined([batch]));
      assert.equal(
        assignments.reduce((sum, { bytes }) => sum + bytes, 0),
        batch.bytes,
      );
      assert.deepEqual(assignments.at(-1)?.next, batch.next);
      assignments.slice(1).forEach(({ segments: [first] }, i) => {
        const { source, at, shift } = (assignments[i] as Batch).next;
        assert.deepEqual({ source, at, shift }, { source: first?.source, at: first?.start, shift: first?.shift });
      });
    }),
    { numRuns: 300 },
  );
});

test("where chunks can be seen in the output, a assignment begins with a chunk, also when that goes on in another file", async () => {
  await fc.assert(
    fc.asyncProperty(sizesOfFiles, chunkSizes, wanted, async (sizes, size, bytes) => {
      const splitting = splittingOf(size, "seen");
      const batch = await batchOf(sizes, splitting);
      if (batch === undefined) return;
      for (const { segments } of portionsOf(batch, bytes, splitting)) {
        const [first] = segments;
        assert.equal(((first?.start ?? 0) + (first?.shift ?? 0)) % size, 0, "not at a chunk's border");
      }
    }),
    { numRuns: 200 },
  );
});

test("a block of a stream is split behind a separator, and no byte of it is lost", () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 400 }), {
    minLength: 1,
    maxLength: 12,
  });
  const cuts = fc.array(fc.nat(3000), { maxLength: 4 });
  fc.assert(
    fc.property(lines, cuts, wanted, fc.nat(1000), (all, at, sizes, offset) => {
      const bytes = new TextEncoder().encode(`${all.join("\n")}\n`);
      const borders = [0, ...at.map((n) => Math.min(n, bytes.length)).sort((a, b) => a - b), bytes.length];
      const pieces = borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
      const end = offset + bytes.length;
      const segments = [{ source: 0, start: offset, end, shift: 0 }];
      const batch: Batch = {
        next: { source: 0, shift: 0 },
        segments,
        block: { start: offset, pieces },
        bytes: bytes.length,
      };
      const parts = portionsOf(batch, sizes, splittingOf(1, "unseen"));
      for (const { block, bytes, segments } of parts) {
        const part = joinPieces(block?.pieces ?? []);
        assert.equal(part.at(-1), LINE_FEED);
        assert.equal(part.length, bytes);
        assert.equal(block?.start, segments[0]?.start);
        assert.deepEqual([segments.length, (segments[0]?.end ?? 0) - (segments[0]?.start ?? 0)], [1, bytes]);
      }
      assert.deepEqual(joinPieces(parts.flatMap(({ block }) => block?.pieces ?? [])), bytes);
      assert.deepEqual(joined(parts), joined([batch]));
    }),
    { numRuns: 300 },
  );
});

test("numbers of a range are split between any two", async () => {
  const splitting = splittingOf(10, "unseen");
  const batch = new UnitPlan({ ...splitting, maxBatchBytes: 1000, units: 25 }).next(25) as Batch;
  const parts = portionsOf(batch, [3], splitting);
  const lengths = parts.map(({ segments: [part] }) => (part?.end ?? 0) - (part?.start ?? 0));
  assert.deepEqual(lengths.slice(0, -1), Array(lengths.length - 1).fill(3));
});

test("a cut between two files leaves nothing of the second in the head", async () => {
  const splitting = splittingOf(10, "unseen");
  const batch = (await batchOf([50, 70], splitting)) as Batch;
  const [head, rest] = splitBatch(batch, { segment: 1, at: 0 }, LINE_FEED);
  assert.deepEqual(joined([head]), [{ source: 0, start: 0, end: 50 }]);
  assert.deepEqual(joined([rest]), [{ source: 1, start: 0, end: 70 }]);
  assert.deepEqual([head.bytes, rest.bytes], [50, 70]);
});

test("what stands of a chunk before a cut is counted from the chunk's or the segment's begin", () => {
  const segments = [{ source: 0, start: 25, end: 90, shift: 5 }];
  const batch: Batch = { next: { source: 1, shift: 0 }, segments, block: undefined, bytes: 65 };
  const of = (at: number) => bytesOfChunk(batch, { segment: 0, at }, evenGrid(20));
  assert.equal(chunkAt(evenGrid(20), 30).start, 20);
  assert.deepEqual([of(30), of(35), of(36), of(60)], [5, 0, 1, 5]);
});
