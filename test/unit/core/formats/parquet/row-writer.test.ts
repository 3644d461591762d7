// Rows that are printed for Parquet: their text depends on the row alone, and their columns may refuse them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KIND, OTHERS } from "../../../../../core/formats/parquet/column-types.ts";
import { eachRow, JsonText } from "../../../../../core/formats/parquet/row-text.ts";
import { RowWriter } from "../../../../../core/formats/parquet/row-writer.ts";

function open(): RowWriter {
  return new RowWriter([OTHERS], false);
}

test("the text of a row is its JSON, whatever is known of its columns", () => {
  const row = { id: 5, s: "a\tb\nc", n: null, u: undefined, nested: { a: [1, { b: "x" }] } };
  const text = `${JSON.stringify(row)}\n`;
  assert.equal(open().print(row), text);
  assert.equal(new RowWriter(["id:int64", "s:string", "nested:json", "n:string?"], true).print(row), text);
});

test("what JSON has no form for comes back: dates, bigints, NaN, infinities, the zero below zero", () => {
  const row = { when: new Date(5), big: 2n ** 70n, none: NaN, most: -Infinity, zero: -0, text: "x" };
  const rows: unknown[] = [];
  eachRow(`${open().print(row)}${open().print({ text: "y" })}`, (each) => rows.push(each));
  assert.deepEqual(rows, [row, { text: "y" }]);
  assert.ok(Object.is((rows[0] as typeof row).zero, -0));
});

test("BigInts within nested values keep all their digits where they may be printed", () => {
  const row = { id: 5n, tags: [2n ** 70n, { n: -1n }], plain: { a: 1 } };
  const written = new RowWriter([OTHERS], false, { bigints: true });
  const rows: Record<string, unknown>[] = [];
  eachRow(`${written.print(row)}${written.print({ id: 6, tags: [1] })}`, (each) => rows.push(each));
  assert.deepEqual(rows, [
    { id: 5n, tags: new JsonText('[1180591620717411303424,{"n":-1}]'), plain: new JsonText('{"a":1}') },
    { id: 6, tags: [1] },
  ]);
  const cycle: unknown[] = [1n];
  cycle.push(cycle);
  assert.throws(() => written.print({ cycle }), /circular|cyclic/i);
  assert.throws(() => open().print(row), /BigInt/);
});

test("many rows are read in their order, marked or not", () => {
  const given = Array.from({ length: 3000 }, (_, i) =>
    i % 700 === 3 ? { i, when: new Date(i) } : { i, text: "x".repeat(i % 50) },
  );
  const rows: unknown[] = [];
  eachRow(given.map((row) => open().print(row)).join(""), (row) => rows.push(row));
  assert.deepEqual(rows, given);
});

test("toJSON is asked, of the row and of its values, as JSON does it", () => {
  class Money {
    toJSON(): string {
      return "5.00";
    }
  }
  const writer = open();
  assert.equal(
    writer.print({ toJSON: () => ({ price: new Money(), url: new URL("http://a/") }) }),
    '{"price":"5.00","url":"http://a/"}\n',
  );
  assert.deepEqual(writer.columns, [`price:${KIND.string}`, `url:${KIND.string}`]);
  const other = open();
  assert.equal(other.print({ s: Object("x"), key: { toJSON: (key: string) => key } }), '{"s":"x","key":"key"}\n');
  assert.deepEqual(other.columns, [`s:${KIND.string}`, `key:${KIND.string}`]);
  for (const nothing of [undefined, () => 1, Symbol("x"), { toJSON: () => undefined }])
    assert.equal(other.print(nothing), undefined);
});

test("what is no row is refused, and what has no form is left out", () => {
  for (const [record, says] of [
    [5, /a row is an object, not a number/],
    [null, /a row is an object, not null/],
    [[1], /a row is an object, not an array/],
    [new Date(0), /a row is an object, not a string/],
    [{ a: "\udc00" }, /"a": it has half of a surrogate pair/],
    [{ "\ud800": 1 }, /the name of a column has half of a surrogate pair/],
    [{ a: [5n] }, /BigInt/],
  ] as const)
    assert.throws(() => open().print(record), says);
  assert.equal(open().print(undefined), undefined);
  assert.equal(
    open().print(() => 1),
    undefined,
  );
});

test("columns that are known take what they can hold, and nothing else", () => {
  const writer = new RowWriter(["id:int64", "score:double?"], true);
  assert.equal(writer.print({ id: 5n, score: 1 }), '{"id":"5","score":1}\t[["id","bigint"]]\n');
  assert.equal(writer.print({ id: "9007199254740993", extra: null }), '{"id":"9007199254740993","extra":null}\n');
  assert.throws(
    () => writer.print({ id: 0.5 }),
    /"id" is 0\.5, and its column is int64: name another type with --schema id:double,\.\.\./,
  );
  assert.throws(() => writer.print({ id: null }), /"id" has no value, and its column needs one/);
  assert.throws(() => writer.print({ score: 1 }), /"id" has no value/);
  assert.throws(() => writer.print({ id: 1, score: "1" }), /"score" is "1", and its column is double/);
  assert.throws(
    () => writer.print({ id: 1, other: 1 }),
    /^TypeError: "other" is not among the columns, which the first rows have said: name all of them with --schema$/,
  );
  for (const flag of ["--columns", "--schema"] as const)
    assert.throws(
      () => new RowWriter(["id:int64"], true, { namedBy: flag }).print({ "x\n": 1 }),
      new TypeError(`"x\\n" is not among the columns of ${flag}: add it there, or leave it out of the value`),
    );
});
