// Pages as few writers make them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompressionCodec, SchemaElement } from "hyparquet";
import { fileRows, recordsFrom } from "../../../../support/parquet.ts";
import {
  emptyDictionary,
  fileOfPages,
  firstPage,
  secondPage,
  type TestPage,
} from "../../../../support/parquet-pages.ts";

const LIST: readonly SchemaElement[] = [
  { name: "x", num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
];
const LIST_LEVELS = { repetition: 1, definition: 3 };
const FLAT: readonly SchemaElement[] = [{ name: "x", type: "INT32", repetition_type: "OPTIONAL" }];
const FLAT_LEVELS = { repetition: 0, definition: 1 };
const NO_VALUES: TestPage = { values: [] };

const LIST_ROWS = [{ x: [1, 2, 3] }, { x: [4] }, { x: null }, { x: [5, 6] }];
/** The same, with the first list and the last in two pages each. */
const DIVIDED: readonly TestPage[] = [
  { repetition: [0, 1], definition: [3, 3], values: [1, 2] },
  { repetition: [1, 0, 0], definition: [3, 3, 0], values: [3, 4] },
  { repetition: [0], definition: [3], values: [5] },
  { repetition: [1], definition: [3], values: [6] },
];
/** Pages of the second version begin with a row. */
const WHOLE: readonly TestPage[] = [
  { repetition: [0, 1, 1], definition: [3, 3, 3], values: [1, 2, 3] },
  { repetition: [0, 0], definition: [3, 0], values: [4] },
  { repetition: [0, 1], definition: [3, 3], values: [5, 6] },
];

/** With a page without values in each of the places that are set as a bit. */
function withEmpty(pages: readonly TestPage[], places: number): TestPage[] {
  const empty = (at: number) => ((places >> at) & 1 ? [NO_VALUES] : []);
  return [...pages.flatMap((each, at) => [...empty(at), each]), ...empty(pages.length)];
}

test("a page without values changes nothing, wherever it is among the pages of a list", () => {
  for (const [page, given] of [
    [firstPage, DIVIDED],
    [firstPage, WHOLE],
    [secondPage, WHOLE],
  ] as const)
    for (let places = 0; places < 2 ** (given.length + 1); places++) {
      const pages = withEmpty(given, places).map((each) => page(each, LIST_LEVELS));
      const bytes = fileOfPages({ elements: LIST, rows: 4, chunks: [{ pages, values: 7 }] });
      for (let start = 0; start < 4; start++) {
        const what = `${page.name}, places ${places}, from row ${start}`;
        assert.deepEqual(recordsFrom(fileRows(bytes), start), LIST_ROWS.slice(start), what);
      }
    }
});

test("a page without values is passed over in a column that is no list", () => {
  for (const page of [firstPage, secondPage]) {
    const some: TestPage = { definition: [1, 0], values: [7] };
    const pages = [NO_VALUES, some, NO_VALUES, some, NO_VALUES].map((each) => page(each, FLAT_LEVELS));
    const bytes = fileOfPages({ elements: FLAT, rows: 4, chunks: [{ pages, values: 4 }] });
    assert.deepEqual(recordsFrom(fileRows(bytes), 0), [{ x: 7 }, { x: null }, { x: 7 }, { x: null }]);
    assert.deepEqual(recordsFrom(fileRows(bytes), 3), [{ x: null }]);
  }
});

test("a column of nulls has a dictionary without entries, in any bytes of any codec", () => {
  const codecs: CompressionCodec[] = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "LZ4", "LZ4_RAW", "ZSTD"];
  for (const codec of codecs)
    for (const body of [[], [0], [0, 0, 0, 0]]) {
      const pages = [
        emptyDictionary(Uint8Array.from(body)),
        secondPage({ definition: [0, 0, 0], values: [] }, FLAT_LEVELS),
      ];
      const bytes = fileOfPages({
        elements: FLAT,
        rows: 3,
        chunks: [{ pages, values: 3, codec, hasDictionary: true }],
      });
      assert.deepEqual(recordsFrom(fileRows(bytes), 0), [{ x: null }, { x: null }, { x: null }], codec);
    }
});
