// laws: a field that a script may see is among those that are read from its code; where there is doubt, all are.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { givesArguments, sourceOf } from "../../../../../core/worker/script/function-source.ts";
import { readFields } from "../../../../../core/worker/script/read-fields.ts";
import { createRecordFields, fieldsOf } from "../../../../../core/worker/script/record-fields.ts";

const read = (source: string) => {
  const fields = readFields(source);
  return fields && [...fields].sort();
};

test("the fields are those of member accesses, optional chains and destructuring", () => {
  const cases: [string, string[]][] = [
    ["r => r.a", ["a"]],
    ["(r) => ({ id: r.id, score: r.score })", ["id", "score"]],
    ['(r) => r["a b"] + r?.c?.d.e + r.f[r.g]', ["a b", "c", "f", "g"]],
    ["({ a, b: [c], 'd': { e } = {} }) => a", ["a", "b", "d"]],
    ["(r) => { const { a, b: { ...c } } = r; return [a, c, r.d]; }", ["a", "b", "d"]],
    ["function (r) { return r.xs.map((x) => x * r.factor); }", ["factor", "xs"]],
    ["async (r) => { await 1; return r.a; }", ["a"]],
    ["function* (r) { yield r.a; yield* r.b; }", ["a", "b"]],
    ["map(r) { return r.a; }", ["a"]],
    ["async *map(r) { yield r.a; }", ["a"]],
    ["(r) => `${r.a}`.r + { r: 1 }.r + r.r", ["a", "r"]],
    ["() => 1", []],
    ["(r, ctx) => { ctx.count(r.a); return r.b; }", ["a", "b"]],
    ["(_, ctx) => (\n_.a\n)\n//# sourceURL=-e", ["a"]],
  ];
  for (const [source, fields] of cases) assert.deepEqual(read(source), fields, source);
});

test("any other use of the record means all fields", () => {
  const sources = [
    "r => r",
    "r => ({ r })",
    "r => ({ ...r })",
    "r => [r.a, f(r)]",
    "r => JSON.stringify(r)",
    "r => r[k]",
    "r => r[`a`]",
    "r => { for (const k in r) return k; }",
    "r => { const { a, ...rest } = r; return a; }",
    "r => { const { [k]: a } = r; return a; }",
    "r => { const copy = r; return copy.a; }",
    "r => { let a; ({ a } = r); return a; }",
    "r => { r = f(r.a); return r.a; }",
    "r => { r.a = 1; return r.a; }",
    "r => { r.a++; return r.a; }",
    "r => { delete r.a; return r.b; }",
    "r => 'a' in r && r.a",
    "r => r.hasOwnProperty('a')",
    "r => r['valueOf']().a",
    "r => r?.valueOf()",
    "r => (r?.valueOf)()",
    "r => r.valueOf?.()",
    "r => r.valueOf`a`",
    "r => eval('r').a",
    "r => r.a + (0, eval)('1')",
    "r => { const last = () => r; return r.a; }",
    "r => r ? r.a : 0",
    "function (r) { return arguments[0].a + r.a; }",
    "function (r) { return this.a + r.a; }",
    "function (r) { with (r) { return a; } }",
    "(r = {}) => r.a",
    "(r, x = r) => r.a",
    "(...r) => r.a",
    "({ a, ...rest }) => a",
    "({ [k]: a }) => a",
    "({ a } = {}) => a",
    "([a]) => a",
    "(r) => { class C { static x = r; } return r.a; }",
    "(r) => new C(r.a, ...[r])",
    "(r) => tag`${r}` + r.a",
    "async (r) => { yield_(r); await r; return r.a; }",
    "function () { [native code] }",
    "class { constructor(r) { r.a; } }",
    "r => r.a <!-- r",
    "r => r.#a",
    "r => r.a); (r => r.b",
    "r => r.a, r => r.b",
    "map(r) { return r.a; }, other(r) { return r; }",
    "get map() { return 1; }",
    "not JavaScript",
  ];
  for (const source of sources) assert.equal(read(source), undefined, source);
});

const NAMES = ["a", "b", "c"];
const name = fc.constantFrom(...NAMES);
/** Code in which `r` is a record, of every kind that shows some of it or all. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const one = tie("expression");
  const two = fc.tuple(one, one);
  const leaf = fc.oneof(
    { weight: 8, arbitrary: name.map((field) => `r.${field}`) },
    { weight: 2, arbitrary: name.map((field) => `r?.["${field}"]`) },
    fc.constantFrom("r", "r[k]", "arguments[0]", "this", 'eval("r")', "k"),
    { weight: 3, arbitrary: fc.constantFrom("1", '"r"', "null") },
  );
  const inner = fc.oneof(
    two.map(([x, y]) => `(${x} + ${y})`),
    two.map(([x, y]) => `[${x}, ...[${y}]]`),
    two.map(([x, y]) => `({ r: ${x}, b: ${y} }).r`),
    two.map(([x, y]) => `(${x} ? ${y} : r.a)`),
    two.map(([x, y]) => `(() => { const { a, b: q = ${x} } = r; return [a, q, ${y}]; })()`),
    two.map(([x, y]) => `((x) => [x, ${x}])(${y})`),
    two.map(([x, y]) => `((r) => ${x})(Object(${y}))`),
    one.map((x) => `(() => { const { a, ...rest } = r; return [rest, ${x}]; })()`),
    one.map((x) => `({ ...${x} })`),
    one.map((x) => `Object.keys(Object(${x}))`),
    one.map((x) => `("c" in Object(${x}))`),
    one.map((x) => `String(${x})`),
    one.map((x) => `(() => { let t; ({ a: t } = ${x}); return t; })()`),
    one.map((x) => `(function () { return ${x}; })()`),
  );
  return { expression: fc.oneof({ maxDepth: 3 }, leaf, inner) };
});
const script = fc.oneof(
  expression.map((code) => `(r) => (${code})`),
  expression.map((code) => `function (r) { return ${code}; }`),
  fc.tuple(name, expression).map(([field, code]) => `(r, k) => { if (r.${field}) return ${code}; return 1; }`),
  fc.tuple(name, name).map(([one, other]) => `({ ${one}: x, ${other}: y = x }) => [x, y]`),
);

test("a random script looks at nothing but the fields that were read from its code", () => {
  let narrow = 0;
  let all = 0;
  fc.assert(
    fc.property(script, (source) => {
      all++;
      const fields = readFields(source);
      if (fields === undefined) return;
      narrow++;
      const seen: PropertyKey[] = [];
      const record = { a: 1, b: { c: [2] }, c: null };
      const watched = new Proxy(record, {
        get: (target, key) => {
          seen.push(key);
          return Reflect.get(target, key);
        },
        has: () => assert.fail(`it asks what there is: ${source}`),
        ownKeys: () => assert.fail(`it lists the fields: ${source}`),
        getOwnPropertyDescriptor: () => assert.fail(`it looks at a field from outside: ${source}`),
      });
      const run = new Function("k", `"use strict"; return (${source});`)("b") as (record: unknown) => unknown;
      let result: unknown;
      try {
        result = run(watched);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
      // Where the record is part of the result, its fields are listed.
      JSON.stringify([result]);
      for (const key of seen) assert.ok(fields.has(String(key)), `${String(key)} of ${source}`);
    }),
    { numRuns: 3000, seed: 18 },
  );
  assert.ok(narrow > all / 20 && narrow < all, `${narrow} of ${all}`);
});

test("functions whose arguments others can see, bound and native ones may see all fields", () => {
  const look = (fn: (...values: never[]) => unknown) => fieldsOf([fn], readFields);
  // In a script a function is sloppy: what it calls can look at `f.arguments`.
  const sloppy = new Function("return function (r) { return r.a; }")();
  const strict = new Function('"use strict"; return function (r) { return r.a; }')();
  assert.equal(givesArguments(sloppy), true);
  assert.equal(givesArguments(strict), false);
  assert.equal(look(sloppy), undefined);
  assert.deepEqual(look(strict), new Set(["a"]));
  assert.deepEqual(look(new Function("return (r) => r.a")()), new Set(["a"]));
  assert.equal(look(strict.bind(undefined)), undefined);
  assert.equal(look(new Proxy(strict, {})), undefined);
  assert.equal(look(Math.max), undefined);
  const posing = Object.assign((r: unknown) => [r], { toString: () => "(r) => r.a" });
  assert.equal(look(posing), undefined);
  assert.match(sourceOf(posing), /\[\s*r\s*\]/);
});

test("filter, map and key count together, and again when one of them is replaced", async () => {
  type Functions = Record<"map" | "filter" | "key", ((record: never) => unknown) | undefined>;
  const functions: Functions = {
    map: (r: { a: 1 }) => r.a,
    filter: (r: { b: 1 }) => r.b,
    key: undefined,
  };
  const fieldsFor = createRecordFields(functions as never, { passesLines: false, worthBytes: 100 });
  assert.equal(fieldsFor(99), undefined);
  const deadline = Date.now() + 60_000;
  let fields = fieldsFor(1);
  while (fields === undefined && Date.now() < deadline) {
    await new Promise((resolve) => void setTimeout(resolve, 1));
    fields = fieldsFor(1);
  }
  assert.deepEqual(fields, { names: new Set(["a", "b"]), keys: new Set() });
  assert.equal(fieldsFor(1), fields);
  functions.key = (r: { c: 1 }) => r.c;
  assert.deepEqual(fieldsFor(1), { names: new Set(["a", "b", "c"]), keys: new Set(["c"]) });
  functions.map = (r: unknown) => r;
  assert.equal(fieldsFor(1), undefined);
  functions.map = undefined;
  assert.equal(fieldsFor(1), undefined);
});
