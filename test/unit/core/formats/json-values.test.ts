// laws: what is split is what JSON.parse says, in any cut and with any white space; each byte stays in its place.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createJsonValueSplitter } from "../../../../core/formats/json-values.ts";

function split(text: string, size: number): { records: unknown[]; text: string; open: number | undefined } {
  const splitter = createJsonValueSplitter();
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(splitter.next(bytes.slice(at, at + size)));
  const lines = Buffer.concat(pieces).toString();
  const records = lines
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as unknown);
  return { records, text: lines, open: splitter.open };
}

/** JSON with white space wherever it may stand, and strings that look like structure. */
const value = fc
  .jsonValue({ maxDepth: 3 })
  .map((json) => JSON.parse(JSON.stringify(json).replaceAll('"":', '"[,]}{\\\\\\"":')) as unknown);
const space = fc.constantFrom("", " ", "\n", "\r\n\t", "  \n");

test("every top-level value is a record, and every element of a top-level array", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(value, space, fc.constantFrom(undefined, 1)), { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (values, size) => {
        let text = "";
        const expected: unknown[] = [];
        for (const [one, white, indent] of values) {
          // Numbers and words that touch would be one.
          text += `${white}${JSON.stringify(one, undefined, indent)}${white === "" ? "\n" : white}`;
          if (Array.isArray(one)) expected.push(...one);
          else expected.push(one);
        }
        const { records, open } = split(text, size);
        assert.deepEqual(
          records,
          expected.map((one) => JSON.parse(JSON.stringify(one)) as unknown),
        );
        assert.equal(open, undefined);
      },
    ),
    { numRuns: 3000 },
  );
});

test("bytes keep their places, but behind values that touch", () => {
  const text = '[ {"a":\n[1,\n2]} , 2,"x,\\"]" ]\n{"b":1}\n';
  const { text: lines, records } = split(text, 5);
  assert.equal(lines.length, text.length);
  for (const record of ['{"a": [1, 2]}', '"x,\\"]"', '{"b":1}'])
    assert.equal(lines.indexOf(record), text.replaceAll("\n", " ").indexOf(record));
  assert.deepEqual(records, [{ a: [1, 2] }, 2, 'x,"]', { b: 1 }]);
  assert.deepEqual(split('{"a":1}{"a":2}[3]"x""y"', 3).records, [{ a: 1 }, { a: 2 }, 3, "x", "y"]);
});

for (const [text, open] of [
  ["[1,2", 3],
  ["[", 0],
  ["[1,", 0],
  ['  {"a":', 2],
  ['{"a":1}\n"abc', 8],
] as const) {
  test(`${JSON.stringify(text)} ends inside a value`, () => {
    const splitter = createJsonValueSplitter();
    splitter.next(new TextEncoder().encode(text));
    assert.equal(splitter.open, open);
  });
}
