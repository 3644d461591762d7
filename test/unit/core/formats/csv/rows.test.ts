// laws: records that WebAssembly reads are those that are read in their text, with their places, and refused as those are.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import type { FieldsSeen } from "../../../../../core/formats/codec.ts";
import { CsvCursor } from "../../../../../core/formats/csv/cursor.ts";
import type { CsvDialect, CsvOptions } from "../../../../../core/formats/csv/dialect.ts";
import { createCsvParser } from "../../../../../core/formats/csv/parser.ts";
import { type RowMemory, rowMemory } from "../../../../../core/formats/csv/row-memory.ts";
import { RowReader } from "../../../../../core/formats/csv/rows.ts";
import { RowsCursor } from "../../../../../core/formats/csv/rows-cursor.ts";
import type { Cursor } from "../../../../../core/formats/cursor.ts";
import { TEXT } from "../../../../../core/formats/slots/layout.ts";
import { CSV_DEFAULTS } from "../../../../support/csv-options.ts";

const { text: codec } = await loadRuntime();
const memory = rowMemory() as RowMemory;
const BASE = 1000;

interface Way {
  readonly dialect: CsvDialect;
  readonly options: CsvOptions;
  readonly fields?: FieldsSeen | undefined;
}

/** What a cursor gives of each record: its places, what is made of it or why it is refused, and what is looked at of it. */
function all(cursor: Cursor, looked: ReadonlySet<string> | undefined): unknown[] {
  const found: unknown[] = [];
  while (cursor.advance()) {
    const places = [cursor.line(), cursor.offset(), cursor.raw()];
    try {
      const record = cursor.read() as Record<string, unknown>;
      found.push([...places, Object.entries(record).filter(([name]) => looked?.has(name) !== false)]);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
      found.push([...places, error.message]);
    }
    assert.deepEqual([cursor.line(), cursor.offset(), cursor.raw()], places);
  }
  found.push(cursor.line());
  return found;
}

function inText(text: string, { dialect, options, fields }: Way): unknown[] {
  const parser = createCsvParser(dialect, options, fields?.names);
  return all(new CsvCursor(text, BASE, dialect, parser, codec), fields?.names);
}

/** `behind` is what stands in the memory behind the text. */
function inRows(text: string, way: Way, reader = readerOf(way), behind = ""): unknown[] {
  const { dialect, options, fields } = way;
  const bytes = codec.encode(text);
  memory.bytes.set(codec.encode(behind), TEXT + bytes.length + 1);
  const rows = reader.read(bytes);
  assert.ok(rows !== undefined);
  const parser = createCsvParser(dialect, options, fields?.names);
  return all(new RowsCursor(rows, { bytes, base: BASE }, dialect, parser, codec), fields?.names);
}

function readerOf({ dialect, options, fields }: Way): RowReader {
  return new RowReader(codec, memory, dialect, options, fields);
}

const columns = ["a", "b", "__proto__"];
const subset = fc.subarray([...columns, "other"]);
const way: fc.Arbitrary<Way> = fc
  .record({
    delimiter: fc.constantFrom(",", "\t", "1", "e", " "),
    quotes: fc.constantFrom(true, true, true, false),
    lineEnd: fc.constantFrom(10, 10, 10, 13),
    comment: fc.constantFrom(undefined, undefined, "#"),
    types: fc.constantFrom("text", "auto"),
    ragged: fc.boolean(),
    only: fc.option(fc.subarray(columns, { minLength: 1 }), { nil: undefined }),
    fields: fc.option(fc.record({ names: subset, keys: subset }), { nil: undefined }),
  })
  .map(({ delimiter, quotes, lineEnd, comment, types, ragged, only, fields }) => ({
    dialect: { delimiter, quotes, lineEnd, columns, ...(comment === undefined ? {} : { comment }) } as CsvDialect,
    options: { ...CSV_DEFAULTS, types, ragged, quotes, comment, columns: only } as CsvOptions,
    fields: fields && { names: new Set(fields.names), keys: new Set(fields.keys) },
  }));
/** What is often right, and what seldom is; a comma is the delimiter, a line feed the line end. */
const part = fc.oneof(
  fc.constantFrom("1,2,3\n", 'a,"b,c",d\r\n', '"a ""b""\n",é,"😀"\n', ",,\n", "\n", "\r\r\n", '#c,"\n', '"","",""\n'),
  fc.constantFrom(",", '"', '""', "\n", "\r", "a", "é", "true", "false", "x".repeat(17), '"\r', "#", " ", '5" pipe'),
  fc.constantFrom("007", "-", "-0", "1.50", "1e5", "1.", "12345678901234567890", "0.1234567890123", "123456789.123456"),
);
const texts = fc.array(part, { maxLength: 30 });

function written(parts: readonly string[], { dialect }: Way): string {
  const text = parts.join("").replaceAll(",", dialect.delimiter);
  return dialect.lineEnd === 10 ? text : text.replaceAll("\n", "\r");
}

test("records, places and refusals are those of the text, whatever stands behind it", () => {
  const behind = fc.constantFrom("", '"', ',"', '"",'.repeat(20), "\n".repeat(20), "9".repeat(40), "é".repeat(20));
  fc.assert(
    fc.property(texts, way, behind, (parts, how, stale) => {
      const text = written(parts, how);
      assert.deepEqual(inRows(text, how, undefined, stale), inText(text, how));
    }),
    { numRuns: 20_000 },
  );
});

test("a reader goes from window to window, and others use the same memory", () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 2, maxLength: 5 }), way, way, (windows, one, other) => {
      const ways = [one, other];
      const readers = ways.map(readerOf);
      for (const [i, parts] of windows.entries()) {
        const how = ways[i % 2] as Way;
        const text = written(parts, how);
        assert.deepEqual(inRows(text, how, readers[i % 2]), inText(text, how));
      }
    }),
    { numRuns: 2000 },
  );
});

test("more records, fields and known strings than there is room for", () => {
  const keyed: Way = {
    dialect: { delimiter: ",", quotes: true, lineEnd: 10, columns },
    options: { ...CSV_DEFAULTS, types: "auto" },
    fields: { names: new Set(columns), keys: new Set(["b"]) },
  };
  const reader = readerOf(keyed);
  for (const lines of [
    Array.from({ length: 6000 }, (_, i) => `${i},g${i % 5000},${i / 7}\n`),
    Array.from({ length: 6000 }, (_, i) => `${i % 10},g${i % 10},"x""y"\n`),
    Array.from({ length: 9000 }, (_, i) => (i % 3 === 0 ? "only one\n" : ",,\n")),
  ]) {
    const text = lines.join("").slice(0, 130_000);
    assert.deepEqual(inRows(text, keyed, reader), inText(text, keyed));
  }
  const wide = Array.from({ length: 1000 }, (_, i) => `c${i}`);
  const all: Way = { dialect: { ...keyed.dialect, columns: wide }, options: CSV_DEFAULTS };
  const text = `${wide.map((_, i) => i).join(",")}\n`.repeat(30);
  assert.deepEqual(inRows(text, all), inText(text, all));
});

test("doubles are those of Number", () => {
  const digits = fc.tuple(fc.integer({ min: 0, max: 10 }), fc.bigInt({ min: 0n, max: 10n ** 14n - 1n }), fc.boolean());
  const how: Way = {
    dialect: { delimiter: ",", quotes: true, lineEnd: 10, columns: ["a", "b"] },
    options: { ...CSV_DEFAULTS, types: "auto" },
  };
  const reader = readerOf(how);
  fc.assert(
    fc.property(digits, ([decimals, number, isNegative]) => {
      const all = String(number).padStart(decimals + 1, "0");
      const whole = all.slice(0, all.length - decimals);
      const text = `${isNegative ? "-" : ""}${whole}${decimals === 0 ? "" : `.${all.slice(whole.length)}`}`;
      const [record] = (reader.read(codec.encode(`${text},\n`))?.records ?? []) as { readonly a: unknown }[];
      assert.ok(Object.is(record?.a, Number(text)), text);
    }),
    { numRuns: 20_000 },
  );
});

test("what is not UTF-8, or longer than the memory, is not read so", () => {
  const reader = readerOf({
    dialect: { delimiter: ",", quotes: true, lineEnd: 10, columns },
    options: CSV_DEFAULTS,
  });
  assert.equal(reader.read(new Uint8Array([65, 44, 0xe9, 44, 66, 10])), undefined);
  assert.equal(reader.read(codec.encode("x".repeat(140_000))), undefined);
});
