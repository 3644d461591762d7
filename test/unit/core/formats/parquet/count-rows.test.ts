import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../../../../core/errors.ts";
import { countRows } from "../../../../../core/formats/parquet/count-rows.ts";
import { CSV_DEFAULTS } from "../../../../support/csv-options.ts";
import { bytesOf } from "../../../../support/parquet.ts";

function count(names: readonly string[], columns?: readonly string[]) {
  const files = new Map(names.map((name, i) => [`${i}-${name}`, bytesOf(name)]));
  const sources = [...files].map(([name, bytes]) => ({ name, begin: 0, end: bytes.length }));
  const options = columns === undefined ? undefined : { ...CSV_DEFAULTS, columns };
  const read = ({ name }: { name: string }, start: number, end: number) =>
    (files.get(name) as Uint8Array).subarray(start, end);
  return countRows(sources, { read, options });
}

test("rows and the ends of row groups are counted over all files, and files without rows have no group", () => {
  const { total, firsts, borders, remark } = count(["pages-v1", "empty", "nested"]);
  assert.equal(total, 404);
  assert.deepEqual(firsts, [0, 400, 400]);
  assert.deepEqual(borders, [150, 300, 400, 404]);
  assert.equal(remark, "404 rows in 4 row groups, a worker decodes one at a time");
});

test("one row group and none are told as what they are", () => {
  assert.equal(count(["nested"]).remark, "4 rows in 1 row group, workers that share it each pass over its pages");
  assert.equal(count(["empty"]).remark, "0 rows in 0 row groups");
});

test("columns that are wanted have to be there, in every file and at the top", () => {
  assert.equal(count(["nested"], ["struct", "maps"]).total, 4);
  assert.throws(() => count(["pages-v1", "nested"], ["id"]), {
    constructor: UsageError,
    message: 'Cannot read "1-nested": it has no column "id", but list, lists, struct, structs, map, pairs, maps',
  });
});
