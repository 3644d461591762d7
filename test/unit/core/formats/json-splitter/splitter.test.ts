// laws: what is split is what JSON.parse says, in any cut and with any white space; each byte stays in its place.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRecordsAt } from "../../../../../core/formats/json-splitter/records-at.ts";
import { createJsonValueSplitter } from "../../../../../core/formats/json-splitter/splitter.ts";

function split(
  text: string,
  size: number,
): { records: unknown[]; text: string; open: number | undefined; lines: number[] } {
  const splitter = createJsonValueSplitter();
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(splitter.next(bytes.slice(at, at + size)));
  const output = Buffer.concat(pieces).toString();
  const records: unknown[] = [];
  const lines: number[] = [];
  let offset = 0;
  for (const line of output.split("\n")) {
    if (line.trim() !== "") {
      records.push(parsed(line));
      lines.push(splitter.lineAt(offset));
    }
    offset += Buffer.byteLength(line) + 1;
  }
  return { records, text: output, open: splitter.open?.offset, lines };
}

/** A record, or its text where it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return `bad: ${line.trim()}`;
  }
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
        const begins: number[] = [];
        const expected: unknown[] = [];
        for (const [one, white, indent] of values) {
          // Numbers and words that touch would be one.
          if (!Array.isArray(one)) begins.push(lineEnds(text + white) + 1);
          else for (const [i] of one.entries()) begins.push(lineEnds(text + white) + lineOfElement(one, i, indent));
          text += `${white}${JSON.stringify(one, undefined, indent)}${white === "" ? "\n" : white}`;
          if (Array.isArray(one)) expected.push(...one);
          else expected.push(one);
        }
        const { records, open, lines } = split(text, size);
        assert.deepEqual(lines, begins);
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

const lineEnds = (text: string) => text.split("\n").length - 1;

/** The line of an element's first byte in the text of its array, from 1. */
function lineOfElement(array: readonly unknown[], index: number, indent: 1 | undefined): number {
  if (indent === undefined) return 1;
  // Its first byte stands where a word would stand in its place.
  const before = JSON.stringify([...array.slice(0, index), "here"], undefined, indent);
  return lineEnds(before.slice(0, before.lastIndexOf('"here"'))) + 1;
}

test("commas without a value, and what has no comma before it, are bad records in their lines", () => {
  for (const size of [1, 3, 100]) {
    const { records, lines } = split('[1,\n,2 3,\n]\n{"a":1},\n{"a":"x\ny"}\n4', size);
    assert.deepEqual(records, [1, "bad: ,", "bad: 2 3", "bad: ]", { a: 1 }, "bad: ,", 'bad: {"a":"x\ty"}', 4]);
    assert.deepEqual(lines, [1, 2, 2, 3, 4, 4, 5, 7]);
  }
});

test("records at a path of keys are the elements of the arrays there", () => {
  const keys = fc.constantFrom("a", "b", 'q"\\u0061', "x");
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(1, null, 'a":[', "]}", true),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(keys, tie("node"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).node;
  fc.assert(
    fc.property(
      fc.array(tree, { maxLength: 4 }),
      fc.array(keys, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(undefined, 1),
      (values, path, size, indent) => {
        const text = values.map((value) => JSON.stringify(value, undefined, indent)).join("\n");
        const tops = values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
        const arrays = tops.map((top) => at(top, path)).filter((found) => Array.isArray(found));
        const bytes = new TextEncoder().encode(text);
        const filter = createRecordsAt(path, (key) => new TextDecoder().decode(key));
        for (let start = 0; start < bytes.length; start += size) filter.next(bytes.subarray(start, start + size));
        const { records } = split(new TextDecoder().decode(bytes), 7);
        assert.deepEqual(records, arrays.flat());
        assert.equal(filter.open, undefined);
        assert.equal(filter.found, arrays.length > 0 ? "an array" : tops.length > 0 ? "values" : "nothing");
      },
    ),
    { numRuns: 5000 },
  );
});

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    const isObject = typeof found === "object" && found !== null && !Array.isArray(found);
    found = isObject && Object.hasOwn(found as object, key) ? (found as Record<string, unknown>)[key] : undefined;
  }
  return found;
}

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
    assert.equal(splitter.open?.offset, open);
  });
}
