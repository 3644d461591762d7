// Names of columns and fields that are alike, have dots, or mean something to JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { fileRows, recordsFrom } from "../../../../support/parquet.ts";
import {
  fileOfPages,
  firstPage,
  type Levels,
  type TestChunk,
  type TestPage,
} from "../../../../support/parquet-pages.ts";

const required = (name: string): SchemaElement => ({ name, type: "INT32", repetition_type: "REQUIRED" });
const struct = (name: string, num_children: number): SchemaElement => ({
  name,
  num_children,
  repetition_type: "OPTIONAL",
});

function chunk(page: TestPage, levels: Levels): TestChunk {
  return { pages: [firstPage(page, levels)], values: Math.max(page.definition?.length ?? 0, page.values.length) };
}

test("fields of a struct are told apart where dots in their names make one path of two", () => {
  const elements = [struct("x.y", 2), required("a.b"), struct("a", 1), required("b")];
  const chunks = [
    chunk({ definition: [1, 0, 1], values: [2, 4] }, { repetition: 0, definition: 1 }),
    chunk({ definition: [2, 0, 1], values: [1] }, { repetition: 0, definition: 2 }),
  ];
  assert.deepEqual(recordsFrom(fileRows(fileOfPages({ elements, rows: 3, chunks })), 0), [
    { "x.y": { "a.b": 2, a: { b: 1 } } },
    { "x.y": null },
    { "x.y": { "a.b": 4, a: null } },
  ]);
});

test("so are columns, of which one is a struct", () => {
  const elements = [required("a.b"), struct("a", 1), required("b")];
  const chunks = [
    chunk({ values: [2] }, { repetition: 0, definition: 0 }),
    chunk({ definition: [1], values: [1] }, { repetition: 0, definition: 1 }),
  ];
  const bytes = fileOfPages({ elements, width: 2, rows: 1, chunks });
  assert.deepEqual(recordsFrom(fileRows(bytes), 0), [{ "a.b": 2, a: { b: 1 } }]);
});

test("so are lists in structs of a list", () => {
  const elements: SchemaElement[] = [
    { name: "l", num_children: 1, converted_type: "LIST", repetition_type: "REQUIRED" },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    struct("element", 2),
    required("a.b"),
    struct("a", 1),
    required("b"),
  ];
  const chunks = [
    chunk({ repetition: [0, 1, 0], definition: [2, 2, 0], values: [1, 2] }, { repetition: 1, definition: 2 }),
    chunk({ repetition: [0, 1, 0], definition: [3, 2, 0], values: [3] }, { repetition: 1, definition: 3 }),
  ];
  assert.deepEqual(recordsFrom(fileRows(fileOfPages({ elements, rows: 2, chunks })), 0), [
    {
      l: [
        { "a.b": 1, a: { b: 3 } },
        { "a.b": 2, a: null },
      ],
    },
    { l: [] },
  ]);
});

test("a field __proto__ of a struct is a field like others", () => {
  const elements = [struct("x", 2), required("a"), required("__proto__")];
  const page = chunk({ definition: [1, 0], values: [1] }, { repetition: 0, definition: 1 });
  const [first, second] = recordsFrom(fileRows(fileOfPages({ elements, rows: 2, chunks: [page, page] })), 0);
  assert.equal(JSON.stringify(first), '{"x":{"a":1,"__proto__":1}}');
  assert.deepEqual(second, { x: null });
});

test("of two columns with one name the last one is read, by its own type", () => {
  const date: SchemaElement = { ...required("a"), converted_type: "DATE" };
  const chunks = [1, 2].map((value) => chunk({ values: [value] }, { repetition: 0, definition: 0 }));
  const [first, second] = [
    [date, required("a")],
    [required("a"), date],
  ].map((elements) => recordsFrom(fileRows(fileOfPages({ elements, width: 2, rows: 1, chunks })), 0));
  assert.deepEqual([first, second], [[{ a: 2 }], [{ a: "1970-01-03" }]]);
});
