// laws: the merge tree's shape depends on the chunks only, not on who merged which of them, or when.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { joinPieces } from "../../../../../core/bytes.ts";
import { Partials } from "../../../../../core/coordinator/commit/partials.ts";
import { carryNodes, uncarryNodes } from "../../../../../core/worker/emitters/fold.ts";
import { MergeTree, type TreeNode } from "../../../../../core/worker/emitters/merge-tree.ts";

const { text } = await loadRuntime();

/** Merging that shows its own shape. */
const show = (left: string, right: string) => `(${left} ${right})`;
type Leaf = string | undefined;

function leavesOf(values: readonly Leaf[], from = 0): TreeNode<string>[] {
  return values.map((value, i) => ({ level: 0, index: from + i, present: value !== undefined, value }));
}

function merge(nodes: readonly TreeNode<string>[]): MergeTree<string> {
  const tree = new MergeTree<string>(show);
  for (const node of nodes) tree.push(node);
  return tree;
}

/** The complete binary tree over the chunks, by its definition. */
function plainTree(values: readonly Leaf[]): Leaf {
  if (values.length <= 1) return values[0];
  let half = 1;
  while (half * 2 < values.length) half *= 2;
  const [left, right] = [plainTree(values.slice(0, half)), plainTree(values.slice(half))];
  if (left === undefined || right === undefined) return left ?? right;
  return show(left, right);
}

const chunks = fc
  .array(fc.boolean(), { maxLength: 70 })
  .map((present) => present.map((is, i): Leaf => (is ? String(i) : undefined)));
/** Lengths of runs, used over and over until the chunks are covered. */
const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 });

function runsOf<T>(all: readonly T[], lengths: readonly number[]): T[][] {
  const runs: T[][] = [];
  for (let at = 0, i = 0; at < all.length; i++) {
    const length = lengths[i % lengths.length] as number;
    runs.push(all.slice(at, at + length));
    at += length;
  }
  return runs;
}

test("the root is that of the complete binary tree over the chunks", () => {
  fc.assert(
    fc.property(chunks, (values) => {
      assert.equal(merge(leavesOf(values)).root()?.value, plainTree(values));
    }),
    { numRuns: 300 },
  );
});

test("five chunks merge as four and one", () => {
  assert.equal(merge(leavesOf(["a", "b", "c", "d", "e"])).root()?.value, "(((a b) (c d)) e)");
});

test("chunks without a value pass, and leave no mark on the shape", () => {
  assert.equal(merge(leavesOf([undefined, "b", "c", undefined, undefined, "f"])).root()?.value, "((b c) f)");
  assert.equal(merge(leavesOf([undefined, undefined, undefined])).root(), undefined);
  assert.equal(merge([]).root(), undefined);
});

test("any division into batches, aligned or not, gives the same tree", () => {
  fc.assert(
    fc.property(chunks, lengths, (values, cuts) => {
      const batches = runsOf(leavesOf(values), cuts).map((batch) => merge(batch).nodes());
      assert.equal(merge(batches.flat()).root()?.value, plainTree(values));
    }),
    { numRuns: 500 },
  );
});

test("merging runs of what was merged before, any number of times, gives the same tree", () => {
  fc.assert(
    fc.property(chunks, fc.array(lengths, { minLength: 1, maxLength: 5 }), (values, rounds) => {
      let nodes = leavesOf(values);
      for (const cuts of rounds) nodes = runsOf(nodes, cuts).flatMap((run) => [...merge(run).nodes()]);
      assert.equal(merge(nodes).root()?.value, plainTree(values));
    }),
    { numRuns: 500 },
  );
});

test("an aligned batch of 2^n chunks leaves a single node", () => {
  for (let level = 0; level < 6; level++) {
    const from = 2 ** level * 5;
    const values = Array.from({ length: 2 ** level }, (_, i) => String(i));
    const nodes = merge(leavesOf(values, from)).nodes();
    assert.deepEqual(
      nodes.map(({ level, index }) => ({ level, index })),
      [{ level, index: 5 }],
    );
  }
});

test("any order in which the coordinator has runs merged gives the same tree", async () => {
  const many = fc
    .tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 9 }))
    .map(([count, gap]) => Array.from({ length: count }, (_, i): Leaf => (i % gap === 1 ? undefined : `${i}`)));
  await fc.assert(
    fc.asyncProperty(many, lengths, fc.infiniteStream(fc.nat()), async (values, cuts, picks) => {
      const merging: (() => void)[] = [];
      const finishOne = () => merging.splice((picks.next().value as number) % merging.length, 1)[0]?.();
      const partials = new Partials((request, body) => {
        return new Promise((resolve) => {
          merging.push(() => {
            const tree = merge(uncarryNodes(request.nodes, body, text) as TreeNode<string>[]);
            resolve(carryNodes(tree.nodes(), text));
          });
        });
      });
      for (const batch of runsOf(leavesOf(values), cuts)) {
        partials.add(carryNodes(merge(batch).nodes(), text));
        if (merging.length > 0 && (picks.next().value as number) % 3 === 0) {
          finishOne();
          await Promise.resolve().then(() => {});
        }
      }
      const all = partials.all();
      while (merging.length > 0) {
        finishOne();
        // What has just been merged may at once be merged further.
        for (let i = 0; i < 10; i++) await Promise.resolve();
      }
      const { heads, body } = await all;
      const root = merge(uncarryNodes(heads, joinPieces(body), text) as TreeNode<string>[]).root();
      assert.equal(root?.value, plainTree(values));
    }),
    { numRuns: 60 },
  );
});

test("what the coordinator keeps stays bounded, however many chunks there are", async () => {
  const partials = new Partials(async (request, body) =>
    carryNodes(merge(uncarryNodes(request.nodes, body, text) as TreeNode<string>[]).nodes(), text),
  );
  for (let i = 0; i < 3000; i++) {
    partials.add(carryNodes(leavesOf(["x"], i), text));
    if (i % 10 === 0) for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  }
  assert.equal((await partials.all()).heads.length < 200, true);
});

test("a merge that fails fails the whole", async () => {
  const partials = new Partials(() => Promise.reject(new Error("merge threw")));
  for (let i = 0; i < 200; i++) partials.add(carryNodes(leavesOf(["x"], i), text));
  await assert.rejects(partials.all(), /merge threw/);
});
