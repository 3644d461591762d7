import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOfCode } from "../../../../../core/script/inline-code.ts";
import { readScript, ScriptError, scriptFacts } from "../../../../../core/worker/script/script-exports.ts";

const work = () => 1;

function refuses(exports: Record<string, unknown>, message: string): void {
  assert.throws(
    () => readScript("script.ts", exports),
    (error) => {
      assert.equal(error instanceof ScriptError, true);
      assert.equal((error as Error).message, `Cannot use "script.ts": ${message}`);
      return true;
    },
  );
}

test("a default export, a map or a reduce is work enough", () => {
  assert.equal(readScript("script.ts", { default: work }).map, work);
  assert.equal(readScript("script.ts", { map: work }).map, work);
  assert.equal(readScript("script.ts", { reduce: work }).map, undefined);
});

test("map wins over the default export, and the command line over both", () => {
  const other = () => 2;
  assert.equal(readScript("script.ts", { default: other, map: work }).map, work);
  assert.equal(readScript("-e", { default: other, map: other }, { map: work }).map, work);
  assert.equal(readScript("script.ts", { reduce: other }, { reduce: work }).reduce, work);
});

test("a script without work is refused, and told what it exports", () => {
  refuses({}, "it exports nothing, but no default (or map), no filter and no reduce");
  refuses({ merges: work, helper: 1 }, "it exports merges, helper, but no default (or map), no filter and no reduce");
});

test("what is not a function is refused by what it is", () => {
  refuses({ default: { map: work } }, "its default export is an object, not a function");
  refuses({ default: [work] }, "its default export is an array, not a function");
  refuses({ default: null }, "its default export is null, not a function");
  refuses({ map: "r => r" }, 'its export "map" is a string, not a function');
  for (const name of ["filter", "key", "reduce", "merge", "finish", "setup", "teardown"]) {
    refuses({ default: work, reduce: work, [name]: 5 }, `its export "${name}" is a number, not a function`);
  }
});

test("what belongs to a reduce is refused without one", () => {
  for (const name of ["key", "merge", "finish", "initial"]) {
    refuses({ default: work, [name]: work }, `it has a ${name}, which needs a reduce`);
  }
});

test("a reduce that takes no value cannot merge, and is refused without a merge", () => {
  const count = (n: number) => n + 1;
  refuses(
    { default: work, initial: 0, reduce: count },
    "its reduce takes no value, so it cannot merge two accumulators\nGive a merge, such as (a, b) => a + b",
  );
  const merge = (a: number, b: number) => a + b;
  assert.equal(readScript("script.ts", { default: work, initial: 0, reduce: count, merge }).merge, merge);
});

test("options have to be an object", () => {
  refuses({ default: work, options: "from=text" }, 'its export "options" is a string, not a plain object');
  refuses({ default: work, options: [1] }, 'its export "options" is an array, not a plain object');
  assert.deepEqual(readScript("script.ts", { default: work, options: { from: "text" } }).options, { from: "text" });
  assert.deepEqual(readScript("script.ts", { default: work }).options, {});
});

test("an initial is made anew for every fold", () => {
  const values = [0, "", null, false, { n: [1] }, [1, { a: 2 }], new Map([["a", [1]]]), [Number.NaN], new Set([1n])];
  for (const initial of values) {
    const make = readScript("script.ts", { reduce: work, initial }).initial;
    assert.deepEqual(make?.(), initial);
    if (typeof initial === "object" && initial !== null) assert.notEqual(make?.(), make?.());
  }
  assert.equal(readScript("script.ts", { reduce: work, initial: work }).initial, work);
  assert.equal(readScript("script.ts", { reduce: work }).initial, undefined);
});

test("an initial that cannot travel is refused", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  class Counter {}
  for (const initial of [
    new Counter(),
    new Uint8Array(3),
    { f: work },
    cycle,
    {
      get mean() {
        return 1;
      },
    },
  ]) {
    assert.throws(
      () => readScript("script.ts", { reduce: work, initial }),
      (error) => error instanceof ScriptError && /use JSON values, Map, Set, Date or BigInt$/.test(error.message),
    );
  }
});

test("the coordinator learns what kind of job it is", () => {
  const keyed = readScript("script.ts", { reduce: work, key: work, options: { to: "text" } });
  const { keyed: isKeyed, reduces, options } = scriptFacts(keyed);
  assert.deepEqual({ isKeyed, reduces, options }, { isKeyed: true, reduces: true, options: { to: "text" } });
  assert.equal(scriptFacts(readScript("script.ts", { default: work })).reduces, false);
});

test("what code is can be told without compiling it, and what a module is cannot", () => {
  const source = { name: "-e", url: undefined, modules: [], loader: "native", folder: "/" } as const;
  for (const names of [["map"], ["filter", "map"], ["reduce"], ["map", "reduce"], ["map", "key", "reduce", "finish"]]) {
    const functions = Object.fromEntries(names.map((name) => [name, (a: unknown, _b: unknown) => a]));
    const code = Object.fromEntries(names.map((name) => [name, "(a, b) => a"]));
    assert.deepEqual(factsOfCode({ ...source, code }), scriptFacts(readScript("-e", {}, functions)));
  }
  const code = { map: "_" };
  assert.equal(factsOfCode({ ...source, code, url: "file:///script.ts" }), undefined);
  assert.equal(factsOfCode({ ...source, code, modules: [{ specifier: "node:fs", alias: "fs" }] }), undefined);
});

test("options are a plain object of what JSON can carry", () => {
  const options = (value: unknown) => ({ default: work, options: value });
  refuses(options([]), 'its export "options" is an array, not a plain object');
  refuses(options(null), 'its export "options" is null, not a plain object');
  refuses(options(new Map([["limit", 5]])), 'its export "options" is an instance of Map, not a plain object');
  refuses(options(Promise.resolve({})), 'its export "options" is an instance of Promise, not a plain object');
  refuses(options({ limit: Number.NaN }), 'its option "limit" is NaN, which no option can be');
  refuses(options({ timeout: Number.POSITIVE_INFINITY }), 'its option "timeout" is Infinity, which no option can be');
  refuses(options({ limit: 5n }), 'its option "limit" is a bigint, which no option can be');
  refuses(options({ limit: work }), 'its option "limit" is a function, which no option can be');
  const fine = Object.assign(Object.create(null), {
    limit: 5,
    columns: ["a"],
    ragged: true,
    to: null,
    from: undefined,
  });
  assert.equal(readScript("script.ts", options(fine)).options, fine);
});
