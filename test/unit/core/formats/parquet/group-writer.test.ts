// Rows are written as row groups and read again: all that was in them is there.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { columnOf, OTHERS } from "../../../../../core/formats/parquet/column-types.ts";
import { createRowGroups } from "../../../../../core/formats/parquet/group-writer.ts";
import { readMetadata } from "../../../../../core/formats/parquet/metadata.ts";
import { RowWriter } from "../../../../../core/formats/parquet/row-writer.ts";
import { asFile, fileRows, recordsFrom } from "../../../../support/parquet.ts";

const { text: codec } = await loadRuntime();
const rowGroups = createRowGroups(codec);

/** A file of groups of these rows. */
function fileOf(
  groups: readonly (readonly unknown[])[],
  given: readonly string[] = [OTHERS],
): [Uint8Array, readonly string[]] {
  const writer = new RowWriter(given, false);
  const texts = groups.map((rows) => rows.map((row) => writer.print(row) ?? "").join(""));
  const columns = rowGroups.columnsOf(texts.join(""), given);
  const parts: Uint8Array[] = [new TextEncoder().encode("PAR1")];
  let at = 4;
  const placed = texts.map((text) => {
    const { bytes, note } = rowGroups.write(text, columns);
    parts.push(bytes.slice());
    const group = { at, note };
    at += bytes.length;
    return group;
  });
  parts.push(rowGroups.end(columns, placed));
  return [new Uint8Array(Buffer.concat(parts)), columns];
}

/** What is read of a value that was written: the types that JSON has no form for are text. */
function asRead(value: unknown, type: string | undefined): unknown {
  if (value === undefined || value === null) return null;
  // As JSON has it.
  if (value instanceof Date && Number.isNaN(value.getTime())) return null;
  if (type === "json") {
    if (typeof value === "number" && !Number.isFinite(value)) return null;
    return typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? null);
  }
  if (type === "timestamp") {
    return (value as Date).toISOString();
  }
  if (type === "int64") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number + 0 : String(BigInt(value as bigint));
  }
  return typeof value === "bigint" ? Number(value) : value;
}

const dates = fc.date({ min: new Date(-6e13), max: new Date(2.5e14), noInvalidDate: false });
const plain = fc.oneof(
  fc.string({ unit: "binary" }).filter((text) => (text as unknown as { isWellFormed(): boolean }).isWellFormed()),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, Number.MAX_VALUE, 2 ** 53, -(2 ** 53), 5e-324, NaN, Infinity),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt(),
  dates,
  fc.constantFrom(null, undefined),
  fc.jsonValue(),
);
/** Columns of one kind, and some of any. */
const cells = fc.constantFrom<fc.Arbitrary<unknown>>(
  plain,
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("a", "bb", "", "é😀"),
  fc.integer(),
  fc.oneof(fc.integer(), fc.double()),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  dates,
  fc.jsonValue(),
);
const names = fc.oneof(
  fc.constantFrom("id", "__proto__", "constructor", "toString", "a.b", "x:y", "1", ""),
  fc.string({ unit: "grapheme" }),
);
const tables = fc
  .uniqueArray(fc.tuple(names, cells), { selector: ([name]) => name, minLength: 1, maxLength: 6 })
  .chain((columns) =>
    fc.array(
      fc
        .tuple(...columns.map(([, cell]) => fc.option(cell, { nil: undefined, freq: 5 })), fc.constant(0))
        .map((values) => {
          const row = {};
          columns.forEach(([name], i) => {
            // A key that is not there at all, too.
            if (values[i] !== undefined)
              Object.defineProperty(row, name, {
                value: values[i],
                enumerable: true,
                configurable: true,
                writable: true,
              });
          });
          return row as Record<string, unknown>;
        }),
      { minLength: 1, maxLength: 40 },
    ),
  );

test("rows of any values are read as they were written, in any number of groups", () => {
  fc.assert(
    fc.property(tables, fc.nat(39), (rows, cut) => {
      fc.pre(rows.some((row) => Object.keys(row).length > 0));
      const [file, columns] = fileOf(cut > 0 && cut < rows.length ? [rows.slice(0, cut), rows.slice(cut)] : [rows]);
      const read = recordsFrom(fileRows(file), 0) as Record<string, unknown>[];
      assert.equal(read.length, rows.length);
      for (const [i, row] of rows.entries())
        for (const { name, type } of columns.map(columnOf)) {
          const written = Object.hasOwn(row, name) ? row[name] : undefined;
          const found = Object.getOwnPropertyDescriptor(read[i], name)?.value;
          assert.deepEqual(found, asRead(written, type), `${name}: ${type}`);
        }
    }),
    { numRuns: 200 },
  );
});

test("the columns are in the order in which the rows have them first", () => {
  assert.deepEqual(fileOf([[{ b: 1 }, { a: "x", b: 2 }, { c: null }]])[1], ["b:int64?", "a:string?", "c:json?"]);
  assert.deepEqual(fileOf([[{ b: 1, z: 1 }]], ["z:double", OTHERS])[1], ["z:double", "b:int64?"]);
  assert.deepEqual(fileOf([[{ b: 1 }]], ["z:", "b:"])[1], ["z:json?", "b:int64?"]);
});

test("the metadata has what readers look for: types, bounds, and places that are right", () => {
  const long = "z".repeat(40);
  const rows = Array.from({ length: 100 }, (_, i) => ({
    n: i - 50,
    d: i / 2,
    s: i === 7 ? long : `s${i % 3}`,
    t: new Date(i),
    j: [i],
  }));
  const [file] = fileOf([rows.slice(0, 60), rows.slice(60)]);
  const { schema, row_groups, num_rows, created_by } = readMetadata(asFile(file));
  assert.equal(num_rows, 100n);
  assert.match(created_by ?? "", /^pmap version \d+ \(build .+\)$/);
  assert.deepEqual(
    schema
      .slice(1)
      .map(({ name, type, converted_type, logical_type }) => [name, type, converted_type, logical_type?.type]),
    [
      ["n", "INT64", undefined, undefined],
      ["d", "DOUBLE", undefined, undefined],
      ["s", "BYTE_ARRAY", "UTF8", "STRING"],
      ["t", "INT64", "TIMESTAMP_MILLIS", "TIMESTAMP"],
      ["j", "BYTE_ARRAY", "JSON", "JSON"],
    ],
  );
  const [first, second] = row_groups;
  const bounds = first?.columns.map(({ meta_data }) => meta_data?.statistics);
  assert.deepEqual([bounds?.[0]?.min_value, bounds?.[0]?.max_value], [-50n, 9n]);
  assert.deepEqual([bounds?.[1]?.min_value, bounds?.[1]?.max_value], [-0, 29.5]);
  assert.deepEqual([bounds?.[2]?.min_value, bounds?.[2]?.is_max_value_exact], ["s0", false]);
  assert.equal(bounds?.[2]?.max_value, `${"z".repeat(15)}{`);
  assert.equal(bounds?.[4], undefined);
  const end = first?.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size), 4);
  const begin = second?.columns[0]?.meta_data;
  assert.equal(Number(begin?.dictionary_page_offset ?? begin?.data_page_offset), end);
});

test("texts that are all different have the same bounds, and are read as they were", () => {
  for (const other of ["", "é😀"]) {
    const rows = Array.from({ length: 300 }, (_, i) => ({ s: i % 50 === 7 ? null : `text ${other} ${1000 + i}` }));
    const [file, columns] = fileOf([rows]);
    const meta = readMetadata(asFile(file)).row_groups[0]?.columns[0]?.meta_data;
    assert.deepEqual(meta?.encodings, ["PLAIN"]);
    assert.equal(meta?.statistics?.min_value, `text ${other} 1000`);
    assert.equal(meta?.statistics?.max_value, `text ${other} 1299`);
    assert.deepEqual(columns, ["s:string?"]);
    assert.deepEqual(recordsFrom(fileRows(file), 0), rows);
  }
  const long = Array.from({ length: 200 }, (_, i) => ({ s: `${i + 100} ${"x".repeat(1000)}` }));
  const statistics = readMetadata(asFile(fileOf([long])[0])).row_groups[0]?.columns[0]?.meta_data?.statistics;
  assert.deepEqual(
    [statistics?.min_value, statistics?.max_value, statistics?.is_min_value_exact],
    [`100 ${"x".repeat(12)}`, `299 ${"x".repeat(11)}y`, false],
  );
});

test("a group that is written of rows for other columns says which value does not fit", () => {
  const text = new RowWriter([OTHERS], false).print({ a: 0.5 }) ?? "";
  assert.throws(() => rowGroups.write(text, ["a:int64?"]), /"a" is 0\.5, and its column is int64/);
  assert.throws(() => rowGroups.write(text, ["a:double", "b:string"]), /"b" has no value/);
});

test("rows without any are a file with its columns", () => {
  const columns = ["a:int64", "b:string?"];
  const file = new Uint8Array(Buffer.concat([Buffer.from("PAR1"), rowGroups.end(columns, [])]));
  const metadata = readMetadata(asFile(file));
  assert.deepEqual(
    metadata.schema.map(({ name, repetition_type }) => [name, repetition_type]),
    [
      ["schema", undefined],
      ["a", "REQUIRED"],
      ["b", "OPTIONAL"],
    ],
  );
  assert.equal(fileRows(file).count, 0);
});
