import assert from "node:assert/strict";
import { test } from "node:test";
import { beginsWithObject, beginsWithObjects } from "../../../../core/formats/begins-with-object.ts";

test("a file begins with an object if its first line is one, or is one that goes on behind what was read", () => {
  for (const yes of ['{"a":1}', '\n {"a":1}\nGET /', '{"a":"a long line that is cut', '{ "a": 1 }\n'])
    assert.ok(beginsWithObject(yes), yes);
  for (const no of ["", "[1]", "{a}", "{\n", '{"a":\n1}', "GET / {"]) assert.ok(!beginsWithObject(no), no);
});

test("it is JSON lines if another object follows", () => {
  assert.ok(beginsWithObjects('{"a":1}\n{"a":2}\n'));
  for (const no of ['{"a":1}', '{"a":1}\n', '{"a":1}\n[2]', '{\n"a":1}\n{"a":2}'])
    assert.ok(!beginsWithObjects(no), no);
});
