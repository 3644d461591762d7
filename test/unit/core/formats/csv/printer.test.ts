// laws: the rows of a table that is printed are the rows that are read, whatever is in them.
import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { CsvCursor } from "../../../../../core/formats/csv/cursor.ts";
import { readHeader } from "../../../../../core/formats/csv/header.ts";
import { createCsvParser } from "../../../../../core/formats/csv/parser.ts";
import { createCsvWriter } from "../../../../../core/formats/csv/writer.ts";
import type { FormatOptions } from "../../../../../core/formats/format.ts";
import { CSV_DEFAULTS } from "../../../../support/csv-options.ts";

const { text: codec } = await loadRuntime();
type Row = Record<string, unknown>;

function print(rows: readonly Row[], options: FormatOptions, columns?: readonly string[]): string {
  const writer = createCsvWriter("csv", { ...options, outputColumns: columns }, columns);
  const printed = rows.map((row) => writer.print(row));
  return [options.header ? writer.header() : "", ...printed].join("");
}

function read(text: string, options: FormatOptions): Row[] {
  const bytes = codec.encode(text);
  const decode = (part: Uint8Array) => codec.decode(part, 0, part.length);
  const found = readHeader(bytes, { ...options, name: "x", usualDelimiter: ",", complete: true, decode, isUtf8 });
  assert.ok(found !== undefined);
  const { dialect, end } = found;
  const parser = createCsvParser(dialect, options);
  const cursor = new CsvCursor(decode(bytes.subarray(end)), end, dialect, parser, codec);
  const rows: Row[] = [];
  while (cursor.advance()) rows.push(cursor.read() as Row);
  return rows;
}

const value = fc.oneof(
  fc.constantFrom(null, "", " ", "\t", " \t ", "#", "#a", "sep=", "sep=;", ";", "a", "true", "5", '"', "\n", "a,b"),
  fc.constantFrom(5, -0.5, true, false),
);

test("a table is read back row by row, of one column or several", () => {
  const flags = fc.record({
    delimiter: fc.constantFrom(",", ";", "\t", " "),
    types: fc.constantFrom("text" as const, "auto" as const),
    comment: fc.constantFrom(undefined, "#"),
    trim: fc.boolean(),
    header: fc.boolean(),
  });
  const tables = fc
    .integer({ min: 1, max: 3 })
    .chain((width) =>
      fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 4 }),
    );
  fc.assert(
    fc.property(tables, flags, (table, said) => {
      const options = { ...CSV_DEFAULTS, ...said };
      const rows = table.map((values) => Object.fromEntries(values.map((each, i) => [`c${i}`, each])));
      const text = print(rows, options);
      const found = read(text, options).map((row) => Object.values(row));
      assert.equal(found.length, table.length, JSON.stringify(text));
      for (const [at, values] of table.entries()) {
        const wanted = values.map((each) => (said.types === "auto" ? each : each === null ? "" : String(each)));
        // A row of nothing but null has its first field in quotes, so that it is a row: that field is text.
        const isText = values[0] === null && found[at]?.[0] === "" && values.every((each) => each === null);
        assert.deepEqual(found[at], isText ? ["", ...wanted.slice(1)] : wanted, JSON.stringify(text));
      }
    }),
    { numRuns: 3000 },
  );
});

test("rows of one column with nothing in them are rows", () => {
  for (const types of ["text", "auto"] as const) {
    const options = { ...CSV_DEFAULTS, types };
    const text = print([{ a: null }, { a: "" }, { a: " " }, {}, { a: Number.NaN }], options, ["a"]);
    assert.equal(text, 'a\n""\n""\n" "\n""\n""\n');
    assert.deepEqual(read(text, options), [{ a: "" }, { a: "" }, { a: " " }, { a: "" }, { a: "" }]);
  }
});

test("without quotes a row that would not be read is refused", () => {
  const options = { ...CSV_DEFAULTS, quotes: false, comment: "#" };
  const says = /^TypeError: its row would be an empty line or a comment, and --quote none leaves no way to print it$/;
  for (const row of [{ a: "" }, { a: null }, { a: "#x" }, { a: "sep=;" }])
    assert.throws(() => print([row], options), says, JSON.stringify(row));
  assert.equal(print([{ a: " " }], options), "a\n \n");
  assert.throws(() => print([{ a: " " }], { ...options, trim: true }), says);
  assert.equal(print([{ a: "", b: "" }], options), "a,b\n,\n");
});

test("a key that is not among the columns is told with what names them", () => {
  assert.throws(
    () => print([{ a: 1 }, { a: 1, "b\n": 2 }], CSV_DEFAULTS),
    new TypeError('"b\\n" is not among the columns of the first record: name all of them with --columns'),
  );
  assert.throws(
    () => print([{ a: 1, b: 2 }], CSV_DEFAULTS, ["a", "c"]),
    new TypeError('"b" is not among the columns of --columns: add it there, or leave it out of the value'),
  );
  const found = createCsvWriter("csv", CSV_DEFAULTS, ["a"]);
  assert.throws(() => found.print({ b: 1 }), /is not among the columns of the first record: name all of them/);
  assert.throws(() => print([{}], CSV_DEFAULTS), /^TypeError: an object without keys has no columns: name them/);
});
