// A reduce that depends on where its input is cut is found out by its own first values, and no other is.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Script } from "../../../../../core/script/types.ts";
import { ReduceLaws, type ValueSample } from "../../../../../core/worker/emitters/reduce-laws.ts";
import { readScript } from "../../../../../core/worker/script/script-exports.ts";

function sampleOf(laws: ReduceLaws, values: readonly unknown[], key?: (value: unknown) => unknown): ValueSample {
  const sample = laws.next();
  assert.ok(sample);
  for (const value of values) sample.see(value, key?.(value));
  return sample;
}

function verdict(exports: Record<string, unknown>, values: readonly unknown[]): string {
  const laws = new ReduceLaws(readScript("test", exports) as Script);
  const sample = sampleOf(laws, values);
  try {
    const warning = laws.check(sample);
    return warning === undefined ? "kept" : `warning: ${warning}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const sum = (a: number, b: number) => a + b;
const values = [3, 1, 4, 1, 5, 9, 2, 6];

const KEPT: Readonly<Record<string, Record<string, unknown>>> = {
  "a sum": { reduce: sum },
  "a sum with an initial": { reduce: sum, initial: 0 },
  "a maximum with an initial that every value is above": { reduce: Math.max, initial: Number.NEGATIVE_INFINITY },
  "a count with a merge": { reduce: (n: number) => n + 1, initial: 0, merge: sum },
  "a list": {
    reduce: (all: number[], n: number) => [...all, n],
    initial: () => [],
    merge: (a: [], b: []) => [...a, ...b],
  },
  "a list that is changed in place": {
    reduce: (all: number[], n: number) => {
      all.push(n);
      return all;
    },
    initial: () => [],
    merge: (a: number[], b: number[]) => {
      a.push(...b);
      return a;
    },
  },
  "a mean as sum and count": {
    reduce: (a: { s: number; n: number }, v: number) => ({ s: a.s + v, n: a.n + 1 }),
    initial: () => ({ s: 0, n: 0 }),
    merge: (a: { s: number; n: number }, b: { s: number; n: number }) => ({ s: a.s + b.s, n: a.n + b.n }),
    finish: (a: { s: number; n: number }) => a.s / a.n,
  },
  "a set": {
    reduce: (a: Set<number>, v: number) => a.add(v),
    initial: () => new Set(),
    merge: (a: Set<number>, b: Set<number>) => new Set([...b, ...a]),
  },
  "a reduce that draws by lot": { reduce: (a: number, b: number) => (Math.random() < 0.5 ? a : b) },
  "a reduce that throws": { reduce: () => assert.fail("told where it happens") },
};

for (const [name, exports] of Object.entries(KEPT))
  test(`${name} keeps the laws`, () => assert.equal(verdict(exports, values), "kept"));

test("a float sum keeps the laws, whatever is rounded away in it", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
    fc.constantFrom(1e16, -1e16, 1e-9, 0.1, 1e9, -1e9),
  );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 16 }), (all) => {
      assert.equal(verdict({ reduce: sum, initial: 0 }, all), "kept");
      assert.equal(verdict({ reduce: sum }, all), "kept");
    }),
    { numRuns: 2000 },
  );
});

test("an initial that is added once a part is an error that shows it", () => {
  const text = verdict({ reduce: sum, initial: 10 }, values);
  assert.match(text, /^Cannot start each part of the input from initial/);
  assert.match(text, /initial is 10, a result is 13, merged they are 23/);
  assert.match(verdict({ reduce: sum, initial: 10 }, [5]), /initial is 10, a result is 15/, "one value is enough");
});

test("a count without a merge is an error that shows both results and what to write", () => {
  const text = verdict({ reduce: (n: number, _: number) => n + 1, initial: 0 }, values);
  assert.match(text, /all: 8; in two parts: 1 and 7, merged: 2\nGive a merge, such as \(a, b\) => a \+ b$/);
});

test("the mean of two, a difference and a last word of part of the values are errors", () => {
  assert.match(verdict({ reduce: (a: number, b: number) => (a + b) / 2 }, values), /^Cannot merge partial results/);
  assert.match(verdict({ reduce: (a: number, b: number) => a - b }, values), /^Cannot merge partial results/);
  const count = { reduce: (a: { n: number }, _: unknown) => ({ n: a.n + 1 }), initial: () => ({ n: 0 }) };
  assert.match(verdict(count, [{}, {}, {}]), /such as \(a, b\) => \(\{ n: a\.n \+ b\.n \}\)$/);
});

test("a reduce or a merge that returns nothing is a warning, once", () => {
  const says = (verb: string) =>
    `${verb} returned nothing (undefined) in place of an accumulator\nA function body in braces needs a return`;
  const nothing = () => {};
  const laws = new ReduceLaws(readScript("test", { reduce: nothing }) as Script);
  assert.equal(laws.check(sampleOf(laws, [1])), undefined);
  assert.equal(laws.check(sampleOf(laws, [1, 2])), says("reduce"));
  assert.equal(laws.check(sampleOf(laws, [1, 2])), undefined);
  const reduce = (a: number, b: number) => a + b;
  assert.equal(verdict({ reduce: nothing, initial: 0, merge: nothing }, [1]), `warning: ${says("reduce")}`);
  assert.equal(verdict({ reduce, merge: nothing }, [1, 2]), `warning: ${says("merge")}`);
  assert.equal(verdict({ reduce: (a: unknown, b: unknown) => a ?? b }, [null, null]), "kept");
});

test("a merge that is at odds with the reduce is a warning, once", () => {
  const laws = new ReduceLaws(
    readScript("test", { reduce: (n: number) => n + 1, initial: 0, merge: (a: number) => a }),
  );
  assert.match(
    laws.check(sampleOf(laws, [1, 2])) ?? "",
    /^The merge gives another result .*\n {2}all: 2; in two parts: 1 and 1/,
  );
  assert.equal(laws.check(sampleOf(laws, values)), undefined);
});

test("of groups the values of one key are looked at", () => {
  const laws = new ReduceLaws(readScript("test", { reduce: sum, key: (n: number) => n }) as Script);
  const sample = sampleOf(laws, [1, 2, 3, 1, 2, 1], (value) => value);
  assert.deepEqual(sample.texts, ["1", "1", "1"]);
});

test("few values are looked at, of few characters, and of what cannot be copied none", () => {
  const laws = new ReduceLaws(readScript("test", { reduce: sum }) as Script);
  assert.equal(
    sampleOf(
      laws,
      Array.from({ length: 1000 }, (_, i) => i),
    ).texts.length,
    16,
  );
  assert.equal(
    sampleOf(
      laws,
      Array.from({ length: 9 }, () => "x".repeat(5000)),
    ).texts.length,
    3,
  );
  assert.deepEqual(sampleOf(laws, [() => {}, 1]).texts, []);
});

test("when enough values have been seen, later requests are looked at now and then", () => {
  const laws = new ReduceLaws(readScript("test", { reduce: sum }) as Script);
  laws.check(sampleOf(laws, values));
  const looked: number[] = [];
  for (let request = 2; request <= 5000; request++) if (laws.next() !== undefined) looked.push(request);
  assert.deepEqual(looked, [64, 512, 4096]);
});

const LOST: readonly [name: string, initial: () => unknown, wanted: RegExp][] = [
  [
    "a getter",
    () => ({
      get mean() {
        return 1;
      },
    }),
    /a getter or setter \("mean"\)/,
  ],
  ["a key that is a symbol", () => ({ deep: { [Symbol("n")]: 1 } }), /a symbol as its key \(Symbol\(n\)\)/],
  ["a property of an array", () => [Object.assign([1], { n: 1 })], /the property "n" of an array/],
  ["a property of a Map", () => Object.assign(new Map(), { n: 1 }), /the property "n" of a Map/],
  ["a property that is not enumerable", () => Object.defineProperty({}, "n", { value: 1 }), /not enumerable \("n"\)/],
];
for (const [name, initial, wanted] of LOST)
  test(`${name} in an accumulator, which would be lost on its way, is an error in every run`, () => {
    const merge = (a: unknown) => a;
    assert.match(verdict({ reduce: merge, merge, initial }, values), wanted);
    assert.match(verdict({ reduce: merge, merge, initial }, [1]), wanted, "also of one value");
    assert.match(
      verdict({ reduce: (a: unknown) => a ?? 1, merge: initial }, values),
      wanted,
      "also when merge makes it",
    );
  });
