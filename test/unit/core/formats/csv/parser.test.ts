// laws: what csv-parse reads is what is read here, as objects, with offsets and lines; what is printed is read back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { CsvCursor } from "../../../../../core/formats/csv/cursor.ts";
import type { CsvDialect, CsvOptions } from "../../../../../core/formats/csv/dialect.ts";
import { createCsvParser, typed } from "../../../../../core/formats/csv/parser.ts";
import { printRow } from "../../../../../core/formats/csv/printer.ts";
import { CSV_DEFAULTS } from "../../../../support/csv-options.ts";

const { text: codec } = await loadRuntime();
interface Found {
  readonly record: unknown;
  readonly offset: number;
  readonly line: number;
}

function read(text: string, dialect: CsvDialect, options: Partial<CsvOptions> = {}, base = 0): Found[] {
  const parser = createCsvParser(dialect, { ...CSV_DEFAULTS, ...options });
  const cursor = new CsvCursor(text, base, dialect, parser, codec);
  const found: Found[] = [];
  while (cursor.advance()) {
    const line = cursor.line();
    found.push({ record: cursor.read(), offset: cursor.offset(), line });
  }
  return found;
}

/** A row as other programs write it: each field in quotes, or only where it has to be. */
function written(row: readonly string[], always: boolean, end: string): string {
  const fields = row.map((field) =>
    always || /["\r\n,]/.test(field) || row.length === 1 ? `"${field.replaceAll('"', '""')}"` : field,
  );
  return fields.join(",") + end;
}

const field = fc.oneof(
  fc.constantFrom("", "a", '"', '""', ",", "\n", "\r\n", "é😀", " ", "x".repeat(20)),
  fc.string({ maxLength: 6, unit: fc.constantFrom("a", '"', ",", "\n", "ß", " ") }),
);

test("records are those of csv-parse, with their offsets and lines", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 5 })
        .chain((width) =>
          fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
        ),
      fc.boolean(),
      fc.constantFrom("\n", "\r\n"),
      (rows, always, end) => {
        const columns = (rows[0] as string[]).map((_, i) => `c${i}`);
        const texts = rows.map((row) => written(row, always, end));
        const text = texts.join("");
        const dialect: CsvDialect = { delimiter: ",", quotes: true, lineEnd: 10, columns };
        const found = read(text, dialect, {}, 1000);
        // csv-parse takes a record delimiter for all, as the header would say.
        const expected = parse(text, { columns: [...columns], record_delimiter: ["\n", "\r\n"] });
        assert.deepEqual(
          found.map(({ record }) => ({ ...(record as object) })),
          expected.map((record) => ({ ...(record as object) })),
        );
        let offset = 1000;
        let line = 1;
        for (const [i, { offset: at, line: on }] of found.entries()) {
          assert.deepEqual([at, on], [offset, line]);
          offset += new TextEncoder().encode(texts[i]).length;
          line += (texts[i] as string).split("\n").length - 1;
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("where only some fields are looked at, these are as they were, and the same rows are refused", () => {
  const columns = ["a", "__proto__", "c"];
  const row = fc.array(field, { minLength: 2, maxLength: 4 });
  const fields = fc.subarray([...columns, "other"]);
  const all = { delimiter: ",", quotes: true, lineEnd: 10, columns } as const;
  fc.assert(
    fc.property(row, fields, fc.constantFrom("text", "auto"), fc.boolean(), (values, looked, types, ragged) => {
      const text = written(values, false, "");
      const plain = !text.includes('"');
      const parsed = (only: ReadonlySet<string> | undefined) => {
        try {
          const parser = createCsvParser(all, { ...CSV_DEFAULTS, types, ragged }, only);
          const record = parser.parse(text, 0, text.length, plain) as Record<string, unknown>;
          return Object.entries(record).filter(([name]) => looked.includes(name));
        } catch (error) {
          return (error as Error).message;
        }
      };
      assert.deepEqual(parsed(new Set(looked)), parsed(undefined));
    }),
    { numRuns: 2000 },
  );
});

test("a value of JSON is printed so that --types auto reads it back", () => {
  const value = fc.oneof(
    fc.string({ maxLength: 8, unit: fc.constantFrom("a", "1", '"', ",", "\n", " ", "-", ".", "e") }),
    fc.constantFrom("true", "null", "007", "5", "1e3", "", "-0", "1.50"),
    fc.integer(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => !Object.is(n, -0) && Number.isSafeInteger(n * 1e6)),
    fc.boolean(),
    fc.constant(null),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(",", "\t", ";"),
      (values, delimiter) => {
        const columns = values.map((_, i) => `c${i}`);
        const row = printRow(values, { delimiter, quotes: true, types: "auto", printJson: JSON.stringify });
        const [found] = read(row, { delimiter, quotes: true, lineEnd: 10, columns }, { types: "auto" });
        assert.deepEqual(Object.values(found?.record as object), values, row);
      },
    ),
    { numRuns: 3000 },
  );
});

test("with --types auto a field is decided by itself", () => {
  const same = [
    "007",
    "+5",
    "0x1F",
    "1_000",
    "5.",
    ".5",
    "1234567890123456789",
    "2024-01-02",
    "NaN",
    "Infinity",
    "NULL",
    "NA",
    "1e",
    "-",
    "True",
    "1e999",
    "0.12345678901234567",
  ];
  for (const text of same) assert.equal(typed(text), text);
  for (const [text, value] of [
    ["", null],
    ["0", 0],
    ["-12.5", -12.5],
    ["1e3", 1000],
    ["9007199254740991", 9007199254740991],
    ["true", true],
    ["false", false],
  ] as const)
    assert.equal(typed(text), value);
});

const dialect: CsvDialect = { delimiter: ",", quotes: true, lineEnd: 10, columns: ["a", "b"] };

for (const [text, message] of [
  ["1\n", /^SyntaxError: it has 1 field, and the header has 2\nWith --ragged missing ones are null$/],
  ["1,2,3\n", /^SyntaxError: it has 3 fields, and the header has 2\nWith --ragged the others are _3 and so on$/],
  ['"x"y,2\n', /^SyntaxError: field 1 goes on behind its closing quote$/],
  [
    '1,"x\\"y"\n',
    /^SyntaxError: field 2 goes on behind its closing quote: a quote in quotes is doubled, not escaped by a backslash$/,
  ],
  ['1,"x', /^SyntaxError: the quote that opens field 2 is not closed$/],
] as const) {
  test(`${JSON.stringify(text)} is no record, and says why`, () => {
    assert.throws(() => read(text, dialect), message);
  });
}

test("--ragged fills up with null and names what is too much", () => {
  const rows = read("1\n1,2,3\n", dialect, { ragged: true }).map(({ record }) => record);
  assert.deepEqual(rows, [
    { a: "1", b: null },
    { a: "1", b: "2", _3: "3" },
  ]);
});

test("--columns makes only these, in this order", () => {
  const [found] = read("1,2\n", dialect, { columns: ["b"] });
  assert.deepEqual(found?.record, { b: "2" });
});

test("a header with thousands of columns gives the same records as a short one", () => {
  const columns = ["__proto__", ...Array.from({ length: 3000 }, (_, i) => `c${i}`)];
  const wide: CsvDialect = { delimiter: ",", quotes: true, lineEnd: 10, columns };
  const row = columns.map((_, i) => (i === 7 ? '"a,b"' : String(i))).join(",");
  const [text, auto] = [{}, { types: "auto" as const }].map((options) => read(`${row}\n`, wide, options)[0]?.record);
  assert.deepEqual(Object.keys(text as object), columns);
  assert.deepEqual(Object.values(text as object).slice(6, 9), ["6", "a,b", "8"]);
  assert.deepEqual(Object.values(auto as object).slice(6, 9), [6, "a,b", 8]);
});
