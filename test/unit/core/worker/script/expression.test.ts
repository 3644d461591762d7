import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { compileExpression, evaluate, unwrapOnFirstCall } from "../../../../../core/worker/script/expression.ts";
import { ScriptError } from "../../../../../core/worker/script/script-exports.ts";

const runtime = await loadRuntime();
const { createHost } = await runtime.loadHosting();
const host = createHost({ send: () => {}, receive: () => {} }, () => {});
const strip = (code: string) => host.stripTypes(code);

type Called = (record: unknown, second?: unknown) => unknown;

async function compile(code: string, names: Record<string, unknown> = {}): Promise<Called> {
  const scope = { second: "ctx", names: Object.keys(names), values: Object.values(names) };
  return unwrapOnFirstCall(await compileExpression("-e", code, scope, strip), () => {}) as Called;
}

test("an expression sees the record as _, and its context", async () => {
  assert.equal((await compile("_.a + 1"))({ a: 1 }), 2);
  assert.equal((await compile("ctx.offset"))(null, { offset: 7 }), 7);
  assert.deepEqual((await compile("({ ..._, ok: true })"))({ a: 1 }), { a: 1, ok: true });
  assert.deepEqual((await compile("[_, _]"))(1), [1, 1]);
});

test("a function of any kind is called with the record", async () => {
  const functions = [
    "r => r + 1",
    "(r) => { return r + 1 }",
    "function (r) { return r + 1 }",
    "function f(r) { return r + 1; }",
  ];
  for (const code of functions) {
    const map = await compile(code);
    assert.deepEqual([map(1), map(2), map(3)], [2, 3, 4], code);
  }
  assert.equal(await (await compile("async r => r + 1"))(1), 2);
  const generator = (await compile("function* (r) { yield r; yield r + 1 }"))(1) as Iterable<number>;
  assert.deepEqual([...generator], [1, 2]);
});

test("a trailing semicolon and a trailing comment do no harm", async () => {
  for (const code of ["_ + 1;", "_ + 1 ; \n", "_ + 1 // one more", "_ + 1 /* one more */", "\n_ + 1\n"]) {
    assert.equal((await compile(code))(1), 2, code);
  }
});

test("a backslash, a quote, a template and a regular expression arrive as typed", async () => {
  assert.equal((await compile("_.replace(/\\s+/g, `<${'\"'}>`)"))("a  b"), 'a<">b');
});

test("types are taken out", async () => {
  const codes = [
    "(r: { n: number }): number => r.n + 1",
    "(_ as { n: number }).n + 1",
    "(r: any) => (r.n! as number) + 1",
    "_.n satisfies number, _.n + 1",
    "(r: { n: number }) => { const one: number = 1; return r.n + one; }",
  ];
  for (const code of codes) assert.equal((await compile(code))({ n: 1 }), 2, code);
  assert.deepEqual((await compile("({ n: _ as number })"))(3), { n: 3 });
});

test("imported names are in scope", async () => {
  const map = await compile("twice(_) + two", { twice: (n: number) => n * 2, two: 2 });
  assert.equal(map(5), 12);
});

test("what is no code is refused with the flag and the code", async () => {
  for (const code of ["_ +", "r =>", "{", "const a = 1", "_)", "return 1"]) {
    await assert.rejects(compile(code), (error) => {
      assert.equal(error instanceof ScriptError, true, code);
      assert.equal((error as Error).message.startsWith("Cannot compile -e: "), true, code);
      assert.equal((error as Error).message.endsWith(`\n  ${code}`), true, code);
      return true;
    });
  }
});

test("no code at all is refused in one line", async () => {
  for (const code of ["", " "]) {
    await assert.rejects(compile(code), (error) => {
      assert.equal(error instanceof ScriptError, true);
      assert.equal((error as Error).message, "Cannot compile -e: it is empty");
      return true;
    });
  }
});

test("code that is a function is evaluated once, and told once", async () => {
  const scope = { second: "ctx", names: [], values: [] };
  const compiled = await compileExpression("-e", "(() => { let n = 0; return () => n++ })()", scope, strip);
  const told: unknown[] = [];
  const map = unwrapOnFirstCall(compiled, (settled) => told.push(settled));
  // A batch that has not heard of the replacement goes on with the first one.
  assert.deepEqual([map(0, 0), map(0, 0), map(0, 0)], [0, 1, 2]);
  assert.equal(told.length, 1);
});

test("a function in code sees the record and the context of its own call", async () => {
  const at = (offset: number) => ({ offset });
  for (const code of [
    "r => [r, _, ctx.offset]",
    "(r) => { return [r, _, ctx.offset]; }",
    "((r) => [r, _, ctx.offset])",
    "function (r) { return [r, _, ctx.offset]; }",
    "(r, c = (1, ctx)) => [r, _, c.offset]",
    "(_, ctx) => [_, _, ctx.offset]",
  ]) {
    const map = await compile(code);
    assert.deepEqual(
      [1, 2, 3].map((n) => map(n, at(n * 10))),
      [1, 2, 3].map((n) => [n, n, n * 10]),
      code,
    );
  }
  const later = await compile("async r => { await null; return [r, ctx.offset]; }");
  assert.deepEqual(await Promise.all([later(1, at(10)), later(2, at(20))]), [
    [1, 10],
    [2, 20],
  ]);
});

test("a function that code has made keeps what that code has kept, and has to name its context", async () => {
  const counts = await compile("(() => { let n = 0; return (r, ctx) => [n++, ctx.offset]; })()");
  assert.deepEqual(
    [counts(0, { offset: 5 }), counts(0, { offset: 6 })],
    [
      [0, 5],
      [1, 6],
    ],
  );
  const takes = await compile("(() => { let n = 0; return r => [n++, ctx.offset]; })()");
  assert.throws(() => takes(0, { offset: 5 }), /Cannot use ctx in a function that the code has made/);
});

test("an expression that throws on the first record is still an expression on the second", async () => {
  const map = await compile("_.a.b");
  assert.throws(() => map({}), TypeError);
  assert.equal(map({ a: { b: 1 } }), 1);
});

test("a function of two values is known at once, and what throws is refused with its flag", async () => {
  const scope = { second: "_2", names: [], values: [] };
  const reduce = evaluate("--reduce", await compileExpression("--reduce", "(a, b) => a + b", scope, strip)) as Called;
  assert.equal(reduce(1, 2), 3);
  const broken = await compileExpression("--initial", "missing.thing", scope, strip);
  assert.throws(
    () => evaluate("--initial", broken),
    (error) => error instanceof ScriptError && /^Cannot use --initial: .*missing/.test(error.message),
  );
});

test("the stack of an error names the flag", async () => {
  const map = await compile("(() => { throw new Error('x') })()");
  assert.throws(
    () => map(1),
    (error) => String((error as Error).stack).includes("-e"),
  );
});
