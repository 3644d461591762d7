import assert from "node:assert/strict";
import { test } from "node:test";
import { columnName, columnNames } from "../../../../core/formats/column-names.ts";

test("a name of a column is one name in a message, whatever is in it", () => {
  assert.equal(columnName("a"), '"a"');
  assert.equal(columnName('a\n"\x1b'), '"a\\n\\"\\u001b"');
  assert.equal(columnNames(["id", "first name", "größe"]), "id, first name, größe");
  assert.equal(columnNames(["a,b", "", " c", "d\n", 'e"', "f\x1b"]), '"a,b", "", " c", "d\\n", "e\\"", "f\\u001b"');
});
