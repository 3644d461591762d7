// Schemas that pyarrow does not write: what is made of their values.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { type Column, columnsOf } from "../../../../../core/formats/parquet/columns.ts";

const tools = {
  text: {
    decode: (bytes: Uint8Array, start: number, end: number) => new TextDecoder().decode(bytes.subarray(start, end)),
  },
  encodeBase64: (bytes: Uint8Array) => Buffer.from(bytes).toString("base64"),
};

/** The only column of a file. */
function columnOf(...elements: SchemaElement[]): Column {
  const schema = [{ name: "schema", num_children: 1 }, ...elements];
  const [column] = columnsOf({ schema } as unknown as FileMetaData, tools);
  return column as Column;
}

const text = (name: string): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: "REQUIRED",
});

test("a map without values is a list of its keys", () => {
  const map: SchemaElement = { name: "set", num_children: 1, converted_type: "MAP", repetition_type: "OPTIONAL" };
  const entries: SchemaElement = { name: "key_value", num_children: 1, repetition_type: "REPEATED" };
  const { shape } = columnOf(map, entries, text("key"));
  assert.deepEqual(shape?.({ key_value: [{ key: "a" }, { key: "b" }] }), ["a", "b"]);
  assert.equal(shape?.(null), null);
});

test("a map of an older writer is one, and entries without the usual names are read", () => {
  const map: SchemaElement = {
    name: "m",
    num_children: 1,
    converted_type: "MAP_KEY_VALUE",
    repetition_type: "OPTIONAL",
  };
  const entries: SchemaElement = { name: "map", num_children: 2, repetition_type: "REPEATED" };
  const { shape } = columnOf(map, entries, text("k"), text("v"));
  assert.deepEqual(shape?.({ map: [{ k: "a", v: "b" }] }), { a: "b" });
});

test("a list of two levels, whose elements are structs, is a list of these", () => {
  const list: SchemaElement = { name: "l", num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" };
  const items: SchemaElement = { name: "array", num_children: 2, repetition_type: "REPEATED" };
  const { shape } = columnOf(list, items, text("a"), text("b"));
  assert.deepEqual(shape?.({ array: [{ a: "1", b: "2" }] }), [{ a: "1", b: "2" }]);
});

test("a list that is marked with the newer type alone is one", () => {
  const list: SchemaElement = {
    name: "l",
    num_children: 1,
    logical_type: { type: "LIST" },
    repetition_type: "OPTIONAL",
  };
  const items: SchemaElement = { name: "list", num_children: 1, repetition_type: "REPEATED" };
  const { tree, leaves } = columnOf(list, items, text("element"));
  assert.equal(tree?.element.converted_type, "LIST");
  assert.deepEqual(
    leaves.map(({ path, repetitionLevels }) => [path, repetitionLevels]),
    [[["l", "list", "element"], 1]],
  );
});

test("timestamps without the newer type are in UTC, and decimals of unknown precision are text", () => {
  const stamp: SchemaElement = {
    name: "t",
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    repetition_type: "OPTIONAL",
  };
  assert.equal(columnOf(stamp).leaves[0]?.ofInteger?.(0), "1970-01-01T00:00:00.000Z");
  const decimal: SchemaElement = {
    name: "d",
    type: "INT64",
    converted_type: "DECIMAL",
    scale: 2,
    repetition_type: "OPTIONAL",
  };
  assert.equal(columnOf(decimal).leaves[0]?.ofInteger?.(-5), "-0.05");
  assert.equal(columnOf({ ...decimal, precision: 9 }).leaves[0]?.ofInteger?.(-5), -0.05);
});

test("in a variant only what is packed is left to be decoded together", () => {
  const group: SchemaElement = {
    name: "v",
    num_children: 3,
    logical_type: { type: "VARIANT" },
    repetition_type: "OPTIONAL",
  };
  const bytes = (name: string): SchemaElement => ({ name, type: "BYTE_ARRAY", repetition_type: "OPTIONAL" });
  const typed: SchemaElement = { name: "typed_value", type: "INT64", repetition_type: "OPTIONAL" };
  const { leaves, shape } = columnOf(group, bytes("metadata"), bytes("value"), typed);
  assert.deepEqual(
    leaves.map(({ ofInteger }) => ofInteger !== undefined),
    [false, false, true],
  );
  assert.deepEqual(shape?.({ a: [2n ** 60n, 1n, new Uint8Array([255])] }), { a: ["1152921504606846976", 1, "/w=="] });
});
