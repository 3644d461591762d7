import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { UsageError } from "../../../../../core/errors.ts";
import { checkMetadata } from "../../../../../core/formats/parquet/check-metadata.ts";
import { countRows } from "../../../../../core/formats/parquet/count-rows.ts";
import { readMetadata } from "../../../../../core/formats/parquet/metadata.ts";
import { asFile, bytesOf, fileRows } from "../../../../support/parquet.ts";
import { fileOfPages, firstPage } from "../../../../support/parquet-pages.ts";

const ids = Array.from({ length: 10 }, (_, id) => id);

/** Two row groups, of columns that are plain. */
function flatFile(): Uint8Array {
  const columnData = [
    { name: "id", data: ids, type: "INT32" as const },
    { name: "text", data: ids.map((id) => (id % 3 === 0 ? null : `text ${id}`)), type: "STRING" as const },
  ];
  const kvMetadata = [{ key: "geo", value: "{}" }];
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 5, kvMetadata }));
}

function listFile(): Uint8Array {
  const elements: SchemaElement[] = [
    { name: "x", num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "e", type: "INT32", converted_type: "DECIMAL", precision: 9, scale: 2, repetition_type: "OPTIONAL" },
  ];
  const levels = { repetition: 1, definition: 3 };
  const page = firstPage({ repetition: [0, 1, 0], definition: [3, 3, 3], values: [100, 200, 300] }, levels);
  return fileOfPages({ elements, rows: 2, chunks: [{ pages: [page], values: 3 }] });
}

/** Counts the rows as the coordinator does, and reads them as a worker does. */
function readAll(bytes: Uint8Array): { readonly total: number; readonly records: unknown[] } {
  const read = (_: unknown, start: number, end: number) => bytes.subarray(start, end);
  const { total, borders } = countRows([{ name: "file", begin: 0, end: bytes.length }], { read, options: undefined });
  assert.ok([total, ...borders].every(Number.isSafeInteger), `${total} rows, ends of groups at ${borders}`);
  const { rows } = fileRows(bytes);
  const records: unknown[] = [];
  while (records.length < total) {
    const { window, build } = rows.at(records.length, total - records.length);
    assert.ok(window.rows >= 1, `${window.rows} rows at once`);
    for (let row = 0; row < window.rows; row++) records.push(build(window.columns, row));
  }
  return { total, records };
}

test("whatever a byte of the metadata becomes, the rows are as many as before, or an error says what is wrong", () => {
  for (const whole of [flatFile(), listFile()]) {
    const { total } = readAll(whole);
    const length = new DataView(whole.buffer).getUint32(whole.length - 8, true);
    for (let at = whole.length - 8 - length; at < whole.length; at++)
      for (const value of damages(whole[at] as number)) {
        const bytes = whole.slice();
        bytes[at] = value;
        const what = `byte ${at} as ${value}`;
        try {
          const { records } = readAll(bytes);
          assert.equal(records.length, total, what);
        } catch (error) {
          if (!(error instanceof SyntaxError || error instanceof UsageError)) throw error;
          assert.doesNotMatch(error.message, /NaN|undefined|\n/, what);
        }
      }
  }
});

/** Each bit the other way, the numbers beside it, and the ends. */
function damages(byte: number): Set<number> {
  const bits = Array.from({ length: 8 }, (_, bit) => byte ^ (1 << bit));
  return new Set([...bits, (byte + 1) & 0xff, (byte + 0xff) & 0xff, 0, 0xff]);
}

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

const DAMAGE: readonly [says: string, damage: (metadata: Mutable<FileMetaData>) => unknown][] = [
  [
    "row group 2 has no valid num_rows",
    ({ row_groups: [, second] }) => delete (second as { num_rows?: bigint }).num_rows,
  ],
  ["row group 1 has no valid num_rows", ({ row_groups: [first] }) => Object.assign(first as object, { num_rows: -5n })],
  ["row group 1 has no valid num_rows", ({ row_groups: [first] }) => Object.assign(first as object, { num_rows: 5 })],
  [
    "row group 1 has no valid num_rows",
    ({ row_groups: [first] }) => Object.assign(first as object, { num_rows: 2n ** 60n }),
  ],
  [
    "its row groups have 9 rows, and it says 10",
    ({ row_groups: [first] }) => Object.assign(first as object, { num_rows: 4n }),
  ],
  ["row group 1 has 1 columns, not 2", ({ row_groups: [first] }) => first?.columns.pop()],
  [
    'row group 1, column "text" has no valid total_compressed_size',
    (metadata) => setChunk(metadata, { total_compressed_size: -1n }),
  ],
  [
    'row group 1, column "text" has no valid data_page_offset',
    (metadata) => setChunk(metadata, { data_page_offset: undefined }),
  ],
  [
    'row group 1, column "text" has no valid dictionary_page_offset',
    (metadata) => setChunk(metadata, { dictionary_page_offset: -4n }),
  ],
  ['row group 1, column "text" has no valid num_values', (metadata) => setChunk(metadata, { num_values: 5 })],
  ['row group 1, column "text" has no valid type', (metadata) => setChunk(metadata, { type: "INT64" })],
  [
    "element 0 of its schema has no valid num_children",
    ({ schema: [root] }) => Object.assign(root as object, { num_children: -1 }),
  ],
  ["its schema is not complete", ({ schema: [root] }) => Object.assign(root as object, { num_children: 3 })],
  [
    "its schema has columns that belong to nothing",
    ({ schema: [root] }) => Object.assign(root as object, { num_children: 1 }),
  ],
  ["column 1 has no name", ({ schema: [, id] }) => Object.assign(id as object, { name: undefined })],
  ["column 1 has no valid type", ({ schema: [, id] }) => Object.assign(id as object, { type: undefined })],
  [
    "column 2 has no valid repetition_type",
    ({ schema: [, , text] }) => Object.assign(text as object, { repetition_type: undefined }),
  ],
  [
    "column 1 has no valid scale and precision",
    ({ schema: [, id] }) => Object.assign(id as object, { converted_type: "DECIMAL", scale: 1e9 }),
  ],
  [
    "column 1 has no valid scale and precision",
    ({ schema: [, id] }) => Object.assign(id as object, { converted_type: "DECIMAL", scale: 5, precision: 4 }),
  ],
];

function setChunk({ row_groups: [first] }: Mutable<FileMetaData>, fields: object): void {
  Object.assign(first?.columns[1]?.meta_data as object, fields);
}

test("what is missing, negative or absurd is named", () => {
  for (const [says, damage] of DAMAGE) {
    const metadata = readMetadata(asFile(flatFile()));
    checkMetadata(metadata);
    damage(metadata as Mutable<FileMetaData>);
    const message = `its metadata is damaged: ${says}`;
    assert.throws(() => checkMetadata(metadata), { name: "SyntaxError", message });
  }
});

test("what no reading needs may be missing", () => {
  const metadata = readMetadata(asFile(flatFile()));
  const [group] = metadata.row_groups;
  const { num_rows: _, ...rest } = metadata;
  checkMetadata(rest as FileMetaData);
  checkMetadata({
    ...metadata,
    num_rows: 10n,
    row_groups: [...metadata.row_groups, { ...group, num_rows: 0n, columns: [] }],
  } as FileMetaData);
});

test("files of other writers pass", () => {
  for (const name of ["types", "nested", "empty", "int96", "pages-v1", "pages-v2", "encodings"])
    checkMetadata(readMetadata(asFile(bytesOf(name))));
});
