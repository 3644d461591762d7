// laws: the grid's chunks follow each other without a gap, and where they begin depends on the offset only.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chunkAt, chunkStart, evenGrid, type Grid, mostOf, nextBorder } from "../../../../core/protocol/chunk-grid.ts";

const grids = fc.record({
  least: fc.integer({ min: 1, max: 5000 }),
  doublings: fc.nat(17),
  parts: fc.integer({ min: 1, max: 300 }),
});
const offsets = fc.oneof(
  fc.nat(5000),
  fc.nat(2 ** 30),
  fc.maxSafeInteger().map((n) => Math.abs(n % 2 ** 50)),
);

test("an offset is in the chunk that says so, and chunks follow each other", () => {
  fc.assert(
    fc.property(grids, offsets, (grid, offset) => {
      const { index, start, end } = chunkAt(grid, offset);
      assert.ok(start <= offset && offset < end, `${offset} is not in [${start}, ${end})`);
      assert.equal(chunkStart(grid, index), start);
      assert.equal(chunkStart(grid, index + 1), end);
      assert.deepEqual(chunkAt(grid, start), { index, start, end });
      assert.deepEqual(chunkAt(grid, end - 1), { index, start, end });
      assert.equal(chunkAt(grid, end).index, index + 1);
    }),
    { numRuns: 2000 },
  );
});

test("chunks begin with the least size, never shrink, and grow to the most", () => {
  fc.assert(
    fc.property(grids, offsets, (grid, offset) => {
      const [first, here] = [chunkAt(grid, 0), chunkAt(grid, offset)];
      assert.deepEqual(first, { index: 0, start: 0, end: grid.least });
      const next = chunkAt(grid, here.end);
      const size = here.end - here.start;
      assert.ok([size, 2 * size].includes(next.end - next.start));
      assert.ok(size <= mostOf(grid));
    }),
  );
  const grid: Grid = { least: 128, doublings: 12, parts: 128 };
  const far = chunkAt(grid, 2 ** 40);
  assert.equal(far.end - far.start, mostOf(grid));
  assert.equal(mostOf(grid), 256 * 1024);
});

test("the next border is an offset where a chunk begins, or the end of the chunk that it is in", () => {
  fc.assert(
    fc.property(grids, offsets, (grid, offset) => {
      const { start, end } = chunkAt(grid, offset);
      assert.equal(nextBorder(grid, offset), start === offset ? offset : end);
    }),
  );
});

test("an even grid is a division", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 20 }), offsets, (size, offset) => {
      const index = Math.floor(offset / size);
      assert.deepEqual(chunkAt(evenGrid(size), offset), { index, start: index * size, end: (index + 1) * size });
    }),
  );
});
