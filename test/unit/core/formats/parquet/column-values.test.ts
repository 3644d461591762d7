// What a column stores of a value: all of it, or nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { parseSchema } from "../../../../../api/values.ts";
import {
  areKnown,
  COLUMN_TYPES,
  type ColumnType,
  columnOf,
  columnText,
  foundText,
  KIND,
  takeAll,
  takenBy,
  typeFor,
} from "../../../../../core/formats/parquet/column-types.ts";
import { kindOf, MARKED, misfit, storeOf } from "../../../../../core/formats/parquet/column-values.ts";

const column = (type: ColumnType) => ({ name: "x", type, isOptional: true });
const stored = (type: ColumnType, value: unknown) => storeOf(column(type))(value);

test("integers are stored whole, from numbers, bigints and digits that no number holds", () => {
  assert.equal(stored("int64", 5), 5n);
  assert.equal(stored("int64", -0), 0n);
  assert.equal(stored("int64", 2 ** 60), 2n ** 60n);
  assert.equal(stored("int64", 2n ** 63n - 1n), 2n ** 63n - 1n);
  assert.equal(stored("int64", "9223372036854775807"), 2n ** 63n - 1n);
  assert.equal(stored("int64", "-9223372036854775808"), -(2n ** 63n));
  for (const no of [
    0.5,
    2 ** 63,
    -(2 ** 63) - 2048,
    NaN,
    Infinity,
    2n ** 63n,
    "5",
    "9223372036854775808",
    "x",
    true,
    {},
  ])
    assert.equal(stored("int64", no), undefined, String(no));
  assert.equal(stored("int32", -(2 ** 31)), -(2 ** 31));
  assert.ok(Object.is(stored("int32", -0), 0));
  assert.equal(stored("int32", 7n), 7);
  for (const no of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN, "7", 2n ** 31n]) assert.equal(stored("int32", no), undefined);
});

test("doubles are numbers, and bigints that they hold exactly", () => {
  assert.ok(Object.is(stored("double", -0), -0));
  assert.ok(Number.isNaN(stored("double", NaN)));
  assert.equal(stored("double", 2n ** 80n), 2 ** 80);
  assert.equal(stored("double", 2n ** 53n + 1n), undefined);
  assert.equal(stored("double", 10n ** 400n), undefined);
  assert.equal(stored("double", "1.5"), undefined);
});

test("timestamps and dates are Dates, or ISO 8601 that has nothing finer", () => {
  const ms = Date.UTC(2024, 1, 29, 12, 30, 15, 120);
  assert.equal(stored("timestamp", new Date(ms)), BigInt(ms));
  for (const text of [
    "2024-02-29T12:30:15.120Z",
    "2024-02-29T12:30:15.12Z",
    "2024-02-29 12:30:15.120000Z",
    "2024-02-29T14:00:15.12+01:30",
  ])
    assert.equal(stored("timestamp", text), BigInt(ms), text);
  assert.equal(stored("timestamp", "2024-02-29T12:30Z"), BigInt(Date.UTC(2024, 1, 29, 12, 30)));
  for (const no of ["2024-02-29T12:30:15.120001Z", "2024-02-29T12:30:15", "2024-02-29", "soon", 5, "2024-13-01T00:00Z"])
    assert.equal(stored("timestamp", no), undefined, String(no));
  assert.equal(stored("date", "1970-01-02"), 1);
  assert.equal(stored("date", "1969-12-31"), -1);
  assert.equal(stored("date", new Date(86_400_000)), 1);
  for (const no of ["2023-02-29", "1970-01-02T00:00Z", new Date(1), 1]) assert.equal(stored("date", no), undefined);
});

test("JSON takes everything, and what JSON has no form for as null", () => {
  assert.equal(stored("json", { a: [1, "é"] }), '{"a":[1,"é"]}');
  assert.equal(stored("json", "x"), '"x"');
  assert.equal(stored("json", 10n ** 30n), `1${"0".repeat(30)}`);
  assert.equal(stored("json", Infinity), null);
});

test("text that is half of a surrogate pair is refused, as UTF-8 has no bytes for it", () => {
  assert.throws(() => kindOf("\ud800"), /half of a surrogate pair/);
  assert.equal(kindOf("😀"), KIND.string);
});

test("the narrowest type that takes all values is found", () => {
  const kinds = (...values: unknown[]) => values.reduce<number>((all, value) => all | (kindOf(value) & ~MARKED), 0);
  const expected: [unknown[], ColumnType][] = [
    [[1, -0, 5n, null], "int64"],
    [[1, 2n ** 60n], "int64"],
    [[1, 0.5], "double"],
    [[1, NaN], "double"],
    [[2 ** 60], "double"],
    [[0.5, 2n ** 60n], "json"],
    [[2n ** 64n], "json"],
    [["a", undefined], "string"],
    [["a", 1], "json"],
    [[true, false], "boolean"],
    [[true, 1], "json"],
    [[new Date(0)], "timestamp"],
    [[new Date(0), "x"], "json"],
    [[new Date(Number.NaN), null], "json"],
    [[[1]], "json"],
    [[], "json"],
  ];
  for (const [values, type] of expected) assert.equal(typeFor(kinds(...values)), type, String(values));
});

test("a value of a kind that a type takes is always stored, also where that is not looked at", () => {
  const any = fc.oneof(fc.anything({ withBigInt: true, withDate: true }), fc.bigInt(), fc.double(), fc.integer());
  fc.assert(
    fc.property(any, fc.constantFrom(...COLUMN_TYPES), (value, type) => {
      let kind: number;
      try {
        kind = kindOf(value) & ~MARKED;
      } catch {
        return;
      }
      if (kind === KIND.null || kind === KIND.nested || (kind & takenBy(column(type))) === 0) return;
      assert.notEqual(stored(type, value), undefined);
    }),
  );
});

test("columns are said as text, whatever they are called", () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.constantFrom(...COLUMN_TYPES)), fc.boolean(), (name, some, isOptional) => {
      const type = some ?? undefined;
      const given = { name, type, isOptional: type === undefined || isOptional };
      assert.deepEqual(columnOf(columnText(given)), given);
    }),
  );
  assert.throws(() => columnOf("x:int"), /"int" is no type, but boolean, int32, .* are/);
  assert.equal(areKnown(["a:json", "...:string"]), true);
  assert.equal(areKnown(["a:json", "..."]), false);
  assert.equal(areKnown(["a:"]), false);
});

test("what a batch has found is compared with the columns", () => {
  const columns = ["a:b:int64?", "c:double"];
  assert.equal(takeAll(columns, [foundText("a:b", KIND.integer | KIND.null), foundText("c", KIND.double)]), true);
  assert.equal(takeAll(columns, [foundText("a:b", KIND.double)]), false);
  assert.equal(takeAll(columns, [foundText("c", KIND.null)]), false);
  assert.equal(takeAll(columns, [foundText("other", KIND.null)]), true);
  assert.equal(takeAll(columns, [foundText("other", KIND.string)]), false);
});

test("a value that does not fit is named, with what to do", () => {
  const say = (type: ColumnType, value: unknown, isOptional = true) =>
    misfit({ name: "n", type, isOptional }, value).message;
  assert.equal(
    say("int64", 0.5),
    "\"n\" is 0.5, and its column is int64: name another type with --schema 'n:double?,...'",
  );
  assert.equal(
    say("int64", "x", false),
    '"n" is "x", and its column is int64: name another type with --schema n:json,...',
  );
  assert.equal(
    say("string", null, false),
    "\"n\" has no value, and its column needs one: say --schema 'n:string?,...'",
  );
  assert.match(say("date", "x".repeat(100)), /^"n" is "x{39}\.\.\., and/);
  assert.match(say("date", [2n ** 64n]), /^"n" is \[18446744073709551616\], and/);
});

test("what a message says to type for --schema is read as that column, whatever it is called", async () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom("a,b", "a b", " a", "a ", "it's", 'say "x"', "", "...", "a:b", "$HOME", "\u3000"),
  );
  const names = fc.sample(name, { numRuns: 60, seed: 1 }).filter((each) => !/\p{Cc}/u.test(each));
  const typed = names.map((each) => {
    const { message } = misfit({ name: each, type: "int64", isOptional: false }, "x");
    return message.slice(message.indexOf(" --schema ") + " --schema ".length);
  });
  const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${typed.join(" ")}`], { encoding: "utf8" });
  const words = stdout.split("\0").slice(0, -1);
  assert.deepEqual(
    words.map((word) => parseSchema(word)),
    names.map((each) => [`${each}:json`, "..."]),
  );
  const control = misfit({ name: "a\u001b[1m", type: "int64", isOptional: false }, "x").message;
  assert.match(control, /name another type with --schema$/);
});

test("days that are not in the calendar are neither dates nor timestamps", () => {
  for (const year of [1900, 2000, 2023, 2024])
    for (let month = 0; month <= 13; month++)
      for (let day = 0; day <= 32; day++) {
        const text = [String(year), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
        const days = Date.UTC(year, month - 1, day) / 86_400_000;
        const isThere = new Date(days * 86_400_000).toISOString().startsWith(text);
        assert.equal(stored("date", text), isThere ? days : undefined, text);
        const noon = isThere ? BigInt(days * 86_400_000 + 43_200_000) : undefined;
        for (const time of ["T12:00:00Z", " 12:00Z", "T14:00:00.000000+02:00"])
          assert.equal(stored("timestamp", text + time), noon, text + time);
      }
});
