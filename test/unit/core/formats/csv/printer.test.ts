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

test("a row and its fields are what toJSON gives, as JSON has it", () => {
  class Price {
    readonly #cents: number;
    constructor(cents: number) {
      this.#cents = cents;
    }
    toJSON(key: string): unknown {
      return key === "text" ? `${this.#cents / 100}` : this.#cents / 100;
    }
  }
  class Secret {
    secret = 5;
    toJSON(): unknown {
      return { a: this.secret * 2, "b c": new Date(0) };
    }
  }
  const rows: [record: unknown, printed: string][] = [
    [new Secret(), "a,b c\n10,1970-01-01T00:00:00.000Z\n"],
    [{ text: new Price(150), price: new Price(150) }, "text,price\n1.5,1.5\n"],
    [
      { url: new URL("http://a/?b,c"), bytes: Buffer.of(1) },
      'url,bytes\n"http://a/?b,c","{""type"":""Buffer"",""data"":[1]}"\n',
    ],
    [
      { none: new Date(Number.NaN), gone: { toJSON: () => undefined }, s: Object("x"), n: Object(1) },
      "none,gone,s,n\n,,x,1\n",
    ],
  ];
  for (const [record, printed] of rows) assert.equal(print([record as Row], CSV_DEFAULTS), printed);
  const auto = { ...CSV_DEFAULTS, types: "auto" as const };
  assert.equal(print([{ text: new Price(150), price: new Price(150) }], auto), 'text,price\n"1.5",1.5\n');
  const writer = createCsvWriter("csv", CSV_DEFAULTS, ["a", "b"]);
  assert.equal(writer.print([new Date(0), new Price(2)]), "1970-01-01T00:00:00.000Z,0.02\n");
  for (const nothing of [undefined, () => 1, Symbol("x"), { toJSON: () => undefined }])
    assert.equal(writer.print(nothing), undefined);
  assert.throws(() => writer.print(new Date(0)), /^TypeError: a row is an object, not a string$/);
});

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
