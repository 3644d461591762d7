import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import type { CsvOptions } from "../../../../../core/formats/csv/dialect.ts";
import { readHeader } from "../../../../../core/formats/csv/header.ts";
import { CSV_DEFAULTS } from "../../../../support/csv-options.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function headerOf(input: string | Uint8Array, options: Partial<CsvOptions> & { complete?: boolean } = {}) {
  return readHeader(typeof input === "string" ? encoder.encode(input) : input, {
    ...CSV_DEFAULTS,
    name: "f.csv",
    usualDelimiter: ",",
    complete: true,
    decode: (bytes) => decoder.decode(bytes),
    isUtf8: (bytes) => isUtf8(bytes),
    ...options,
  });
}

for (const [what, text, columns, end, lineEnd] of [
  ["a line", "a,b\n1,2\n", ["a", "b"], 4, 10],
  ["returns before the line feed", "a,b\r\r\n1,2", ["a", "b"], 6, 10],
  ["returns only", "a,b\r1,2\r", ["a", "b"], 4, 13],
  ["a byte order mark, also before a quote", '\ufeff"a",b\n', ["a", "b"], 9, 10],
  ["a name with a line end and a quote", '"a\n""b""",c\n', ['a\n"b"', "c"], 12, 10],
  ["empty lines before it", "\r\n\na,b\n", ["a", "b"], 7, 10],
  ["no line end", "a,b", ["a", "b"], 3, 10],
  ["nothing", "", [], 0, 10],
  ["names that are there twice or not at all", "id,id,,id_2\n", ["id", "id_3", "column_3", "id_2"], 12, 10],
  ["Excel's first line", "sep=;\na;b\n", ["a", "b"], 10, 10],
] as const) {
  test(`the header is read: ${what}`, () => {
    const header = headerOf(text);
    assert.deepEqual(header?.dialect.columns, columns);
    assert.deepEqual([header?.end, header?.dialect.lineEnd], [end, lineEnd]);
  });
}

test("a header that goes on behind the bytes is read again when there are more", () => {
  for (const text of ["a", "abc,d", 'abc,"d\n', "abc,d\r", "abc,d\r\r"])
    assert.equal(headerOf(text, { complete: false }), undefined, JSON.stringify(text));
});

test("without a header columns are numbered, and the first row is a record", () => {
  const header = headerOf("1,2,3\n4,5,6\n", { header: false });
  assert.deepEqual([header?.dialect.columns, header?.end, header?.lines], [["_1", "_2", "_3"], 0, 0]);
});

test("what is probably not meant is told", () => {
  assert.match(
    headerOf("a;b\n1;2\n")?.warnings.join() ?? "",
    /one column, and its name has ";" in it\nIs it separated by that\? Add --delimiter/,
  );
  assert.match(headerOf("a,a\n")?.warnings.join() ?? "", /they are a_2/);
  assert.deepEqual(headerOf("a,b\n")?.warnings, []);
});

test("UTF-16 and columns that are not there are refused", () => {
  assert.throws(
    () => headerOf(Uint8Array.of(0xff, 0xfe, 0x61, 0)),
    /^UsageError: Cannot read "f\.csv": it is UTF-16\nAdd --encoding utf-16$/,
  );
  assert.throws(
    () => headerOf("a,b\n", { columns: ["c"] }),
    /^UsageError: Cannot use --columns "c": "f\.csv" has a, b$/,
  );
});

test("a header whose quotes are not right is refused with the reason", () => {
  for (const [text, says] of [
    ['a,"b\n1,2\n', "the quote that opens field 2 is not closed"],
    ['a,"b"c\n1,2\n', "field 2 goes on behind its closing quote"],
  ] as const)
    assert.throws(() => headerOf(text), new RegExp(`^UsageError: Cannot read the header of "f\\.csv": ${says}$`));
});
