// laws: what is read of a window does not depend on what stands behind it, whatever bytes are in it, and wherever it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { type LineMemory, lineMemory } from "../../../../../core/formats/json-parser/line-memory.ts";
import { JsonShapes } from "../../../../../core/formats/json-parser/shapes.ts";
import { TEXT } from "../../../../../core/formats/slots/layout.ts";

const { text: codec } = await loadRuntime();
const memory = lineMemory() as LineMemory;
const encoder = new TextEncoder();
/** What a scan that goes on behind the window would find to go on with. */
const BEHIND = [
  `"}]`,
  `\\"`,
  `{"a":[{"b":"`,
  "1234567890123456789",
  ",,,,",
  "rue",
  "alse",
  "ull",
  "\n",
  "   ",
  "\u0000",
];

/** What is made of a line, or how it is refused, where it is alone and where bytes stand behind it: all of them alike. */
function readAll(line: Uint8Array): void {
  for (const { fields, first, before } of WAYS) {
    const shapes = new JsonShapes(codec, memory, fields);
    const window = new Uint8Array([...encoder.encode(before), ...line]);
    const read = (bytes: Uint8Array) => {
      try {
        return JSON.stringify(shapes.parse(bytes));
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
        return error.message;
      }
    };
    read(encoder.encode(first));
    read(window);
    const results = BEHIND.map((behind) => {
      memory.bytes.set(encoder.encode(behind.repeat(20)), TEXT + window.length + 1);
      return read(window);
    });
    assert.equal(new Set(results).size, 1, results.join("\n"));
  }
}

/** The value of a line that is no object, and one of an object that is not wanted. */
const WAYS = [
  { fields: undefined, first: "1\n", before: "" },
  { fields: { names: new Set(["a"]), keys: new Set(["a"]) }, first: '{"a":1,"b":2}\n', before: '{"a":1,"b":' },
];

const TEXTS = [
  '{"a":[{"b":"yyyy\\"z","c":[1,-2.5e10,[{"d":null}]]}]}',
  '[{"b":"\\\\"},"\\u00e9",12345678901234567890,{}]',
  '"a string \\\\ with \\" escapes \\\\"',
  '[[[[[["x\\\\"]]]]],{"k":{"k":{"k":"\\"}"}}}]',
  "[-0.00001,1e400,true,false,null,-]",
  '[{"é":"北京","🚀\\"":["ü\\n\\\\","\\ud83d🚀"]},"Łódź","éé\\"é"]',
];

test("a window may end at any byte of a value, also behind a backslash", () => {
  for (const text of TEXTS) {
    const bytes = encoder.encode(text);
    for (let start = 0; start < bytes.length; start++)
      for (let end = start + 1; end <= bytes.length; end++) {
        readAll(bytes.subarray(start, end));
        readAll(new Uint8Array([...bytes.subarray(start, end), 10]));
      }
  }
});

test("random bytes of the alphabet of JSON are read to an end", () => {
  const text = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 019.eE+-tfnu\n\té京🚀'), maxLength: 60, minLength: 1 });
  fc.assert(
    fc.property(text, (some) => readAll(encoder.encode(some))),
    { numRuns: 5000 },
  );
});
