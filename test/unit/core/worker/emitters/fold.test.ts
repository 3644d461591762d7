// laws: a partial is the same value before and after its journey between processes, and a fold is the same in any batches.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { joinPieces } from "../../../../../core/bytes.ts";
import { JobError } from "../../../../../core/errors.ts";
import { carryNodes, FoldEmitter, uncarryNodes } from "../../../../../core/worker/emitters/fold.ts";
import { MergeTree } from "../../../../../core/worker/emitters/merge-tree.ts";
import { decodeAccumulator, encodeAccumulator } from "../../../../../core/worker/script/accumulator-codec.ts";
import { readScript } from "../../../../../core/worker/script/script-exports.ts";

const { text } = await loadRuntime();

const travel = (value: unknown) => decodeAccumulator(encodeAccumulator(value));

const leaf = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined, null, true, false),
  fc.string({ unit: "binary" }),
  fc.constantFrom("$pmap", "\ud800", "\0"),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
);
const key = fc.oneof(fc.string(), fc.constantFrom("$pmap", "__proto__", "toJSON", "constructor", "length", "1"));

/** An object with exactly these members, also where a name is special. */
function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map(objectOf),
    // Keys are plain: Bun's deepEqual does not find a Map among the keys of a Map.
    fc.array(fc.tuple(leaf, tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(leaf, { maxLength: 3 }).map((members) => new Set(members)),
  ),
}));

test("a value is the same after its journey", () => {
  fc.assert(
    fc.property(value, (sent) => assert.deepEqual(travel(sent), sent)),
    { numRuns: 1000 },
  );
});

test("a value that has travelled twice is the same as one that has travelled once", () => {
  const nested = fc.array(fc.tuple(value, value)).map((entries) => [new Map(entries), new Set(entries.flat())]);
  fc.assert(fc.property(nested, (sent) => assert.equal(encodeAccumulator(travel(sent)), encodeAccumulator(sent))));
});

test("what JSON would lose arrives", () => {
  for (const sent of [
    Number.NaN,
    -0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    undefined,
    12n,
    -(2n ** 70n),
  ]) {
    assert.equal(Object.is(travel(sent), sent), true, String(sent));
    assert.deepEqual(travel({ a: [sent] }), { a: [sent] });
  }
  const map = new Map<unknown, unknown>([
    [{ id: 1 }, new Set([1n])],
    ["again", new Map([[Number.NaN, undefined]])],
  ]);
  assert.deepEqual(travel(map), map);
  assert.deepEqual([...(travel(map) as Map<unknown, unknown>).keys()], [...map.keys()], "the order of a Map's keys");
  assert.deepEqual(travel(new Date(86_400_000)), new Date(86_400_000));
});

test("an invalid date arrives as one", () => {
  assert.equal(Number.isNaN((travel(new Date(Number.NaN)) as Date).getTime()), true);
});

test("a hole in an array arrives as a hole, and the array is as long as it was", () => {
  const holes: unknown[] = new Array(5);
  holes[1] = undefined;
  holes[3] = { a: [Number.NaN] };
  for (const sent of [holes, new Array(2), [1, new Array(1)], { a: holes }]) {
    const got = travel(sent);
    assert.deepEqual(got, sent);
    assert.equal(encodeAccumulator(got), encodeAccumulator(sent));
  }
  const got = travel(holes) as unknown[];
  assert.deepEqual([got.length, Object.keys(got)], [5, ["1", "3"]]);
});

test("a table without a prototype arrives as one, whatever its keys and members", () => {
  const bare = (members: unknown): object => Object.assign(Object.create(null), members);
  for (const members of [{}, { a: 1, constructor: 2 }, { a: 1n }, { $pmap: 1 }, JSON.parse('{"__proto__":[1],"a":2}')])
    for (const sent of [bare(members), [bare({ deep: bare(members) })], { a: bare(members), b: undefined }])
      assert.deepEqual(travel(sent), sent);
  assert.equal(Object.getPrototypeOf(travel(bare({ a: 1 }))), null);
});

test("an object that is reached by two paths arrives as one", () => {
  const last = { w: "a", n: 1 };
  const list = [last];
  const sent = { last, runs: list, again: new Map<unknown, unknown>([[last, list]]), set: new Set([list]) };
  const got = travel(sent) as typeof sent;
  assert.deepEqual(got, sent);
  assert.equal(got.last, got.runs[0]);
  assert.deepEqual([...got.again], [[got.last, got.runs]]);
  assert.equal(got.again.get(got.last), got.runs);
  assert.equal(got.set.has(got.runs), true);
});

test("texts that are joined and decoded together keep their shared objects apart", () => {
  const pairs = [1, 2, 3].map((n) => {
    const member = { n };
    return [member, member];
  });
  const got = decodeAccumulator(`[${pairs.map(encodeAccumulator).join(",")}]`) as unknown[][];
  assert.deepEqual(got, pairs);
  for (const [a, b] of got) assert.equal(a, b);
});

test("what contains itself is refused", () => {
  const cycle: Record<string, unknown> = { a: 1 };
  cycle.self = cycle;
  for (const sent of [cycle, [cycle], new Map([[1, cycle]])])
    assert.throws(() => encodeAccumulator(sent), { name: "JobError", message: /holds itself/ });
});

test("objects that look like our own marks arrive as they are", () => {
  for (const sent of [{ $pmap: ["number", "NaN"] }, { $pmap: null }, [{ $pmap: { $pmap: 1 } }], { toJSON: 1 }]) {
    assert.deepEqual(travel(sent), sent);
  }
});

test("a __proto__ key is a member and never a prototype", () => {
  const sent = JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":null}}');
  const got = travel(sent) as Record<string, unknown>;
  assert.equal(encodeAccumulator(got), encodeAccumulator(sent));
  assert.equal(Object.hasOwn(got, "__proto__"), true);
  assert.equal(Object.getPrototypeOf(got), Object.prototype);
  assert.equal(got.polluted, undefined);
});

test("what cannot travel is refused, also deep inside and with a name", () => {
  class Point {
    x = 1;
  }
  const refused: [value: unknown, name: RegExp][] = [
    [new Point(), /Point/],
    [{ a: [new Point()] }, /Point/],
    [new Map([["p", new Point()]]), /Point/],
    [new (class Counts extends Map {})(), /Counts/],
    [[new (class Ids extends Set {})()], /Ids/],
    [{ a: new (class Row extends Array {})() }, /Row/],
    [new (class Day extends Date {})(), /Day/],
    [() => 1, /function/],
    [{ f() {} }, /function/],
    [[Symbol("s")], /symbol/],
    [new Uint8Array(3), /Uint8Array/],
    [/x/, /RegExp/],
    [Promise.resolve(1), /Promise/],
    [new Error("no"), /Error/],
  ];
  for (const [sent, name] of refused) assert.throws(() => encodeAccumulator(sent), { name: "JobError", message: name });
});

test("nodes travel with their values in order, and those without a value stay without", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), value), { maxLength: 6 }), (all) => {
      const nodes = all.map(([present, value], index) => ({
        level: index % 3,
        index,
        present,
        value: present ? value : undefined,
      }));
      const { heads, body } = carryNodes(nodes, text);
      assert.deepEqual(uncarryNodes(heads, joinPieces(body), text), nodes);
    }),
  );
});

/** Folds records that are grouped in chunks, the chunks grouped in batches, each batch as if on a worker of its own. */
function foldInBatches(
  exports: Record<string, unknown>,
  batches: readonly (readonly (readonly unknown[])[])[],
): unknown {
  const script = readScript("fold.ts", exports);
  const tree = new MergeTree<unknown>((script.merge ?? script.reduce) as (a: unknown, b: unknown) => unknown);
  let index = 0;
  for (const batch of batches) {
    const emitter = new FoldEmitter(script);
    for (const chunk of batch) {
      for (const record of chunk) emitter.emit(record);
      emitter.endChunk(index++);
    }
    const { heads, body } = carryNodes(emitter.nodes(), text);
    for (const node of uncarryNodes(heads, joinPieces(body), text)) tree.push(node);
  }
  return tree.root()?.value;
}

function spansOf<T>(chunks: readonly T[], lengths: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0, i = 0; at < chunks.length; i++) {
    const length = lengths[i % lengths.length] as number;
    batches.push(chunks.slice(at, at + length));
    at += length;
  }
  return batches;
}

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

test("a sum of floats is the same to the last bit in any batches", () => {
  const chunks = fc.array(fc.array(fc.double({ noNaN: true }), { maxLength: 4 }), { maxLength: 30 });
  const reduce = (a: number, b: number) => a + b;
  fc.assert(
    fc.property(chunks, lengths, (all, cuts) => {
      assert.deepEqual(foldInBatches({ reduce }, spansOf(all, cuts)), foldInBatches({ reduce }, [all]));
    }),
    { numRuns: 300 },
  );
});

test("an associative fold that does not commute keeps the records' order", () => {
  const chunks = fc.array(fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 }), { maxLength: 30 });
  const reduce = (a: string, b: string) => a + b;
  fc.assert(
    fc.property(chunks, lengths, (all, cuts) => {
      const expected = all.flat().length === 0 ? undefined : all.flat().join("");
      assert.equal(foldInBatches({ reduce }, spansOf(all, cuts)), expected);
    }),
  );
});

test("initial starts every fold afresh, and merge joins accumulators of another type", () => {
  const counting = {
    initial: () => new Map<string, number>(),
    reduce: (counts: Map<string, number>, word: string) => counts.set(word, (counts.get(word) ?? 0) + 1),
    merge(left: Map<string, number>, right: Map<string, number>) {
      for (const [word, n] of right) left.set(word, (left.get(word) ?? 0) + n);
      return left;
    },
  };
  const chunks = fc.array(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 5 }), { maxLength: 20 });
  fc.assert(
    fc.property(chunks, lengths, (all, cuts) => {
      const expected = new Map<string, number>();
      for (const word of all.flat()) expected.set(word, (expected.get(word) ?? 0) + 1);
      const got = foldInBatches(counting, spansOf(all, cuts)) as Map<string, number> | undefined;
      assert.deepEqual(new Map([...(got ?? [])].sort()), new Map([...expected].sort()));
    }),
  );
});

test("an initial that is an object is not shared between folds", () => {
  const reduce = (acc: { n: number[] }, value: { n: number[] }) => {
    acc.n.push(...value.n);
    return acc;
  };
  const chunks = [[{ n: [1] }], [{ n: [2] }], [{ n: [3] }]];
  const exports = { initial: { n: [] }, reduce };
  assert.deepEqual(foldInBatches(exports, [chunks]), { n: [1, 2, 3] });
  assert.deepEqual(foldInBatches(exports, [chunks]), { n: [1, 2, 3] });
});

test("an accumulator of another type without a merge is an error that says so", () => {
  const script = readScript("fold.ts", { initial: 0, reduce: (n: number, _word: string) => n + 1 });
  assert.throws(
    () => new FoldEmitter(script).emit("word"),
    (error) => error instanceof JobError && /merge/.test(error.message) && /a number/.test(error.message),
  );
});

test("an asynchronous reduce is an error that says so", () => {
  const emitter = new FoldEmitter(readScript("fold.ts", { reduce: async (a: number, b: number) => a + b }));
  assert.throws(
    () => {
      emitter.emit(1);
      emitter.emit(2);
      emitter.endChunk(0);
    },
    (error) => error instanceof JobError && /promise/.test(error.message),
  );
});

test("values cannot be taken back once they are folded, and that is told", () => {
  const emitter = new FoldEmitter(readScript("fold.ts", { reduce: (a: number, b: number) => a + b }));
  emitter.emit(1);
  const nothingYet = emitter.mark();
  assert.equal(nothingYet(), true);
  const undo = emitter.mark();
  emitter.emit(2);
  assert.equal(undo(), false);
});
