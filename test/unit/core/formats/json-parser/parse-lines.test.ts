// laws: JSON lines parsed many at once are what JSON.parse makes of each, or are left undecided.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonShapes as Shapes } from "../../../../../core/formats/json-parser/shapes.ts";

/** How often JSON.parse has been asked. Core keeps the one that it finds when it is loaded. */
let asked = 0;
const original = JSON.parse;
JSON.parse = (...args) => {
  asked++;
  return original(...args);
};
const { createJsonLines } = await import("../../../../../core/formats/json-parser/parse-lines.ts");
const { JsonShapes } = await import("../../../../../core/formats/json-parser/shapes.ts");
const { lineMemory } = await import("../../../../../core/formats/json-parser/line-memory.ts");
const { loadRuntime } = await import("../../../../../adapters/detect.ts");
JSON.parse = original;

const { text } = await loadRuntime();
const memory = lineMemory() as NonNullable<ReturnType<typeof lineMemory>>;
const encoder = new TextEncoder();
const runs = { numRuns: 300 };

/** Values as they may stand in a line: text, since there is more than one way to write a number or a string. */
const integer = fc.bigInt(-(10n ** 18n), 10n ** 18n).map(String);
const decimal = fc.tuple(integer, fc.stringMatching(/^\d{1,17}$/)).map(([whole, digits]) => `${whole}.${digits}`);
const power = fc
  .tuple(fc.oneof(integer, decimal), fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), fc.nat(330))
  .map((parts) => parts.join(""));
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value));
const oddNumber = fc.constantFrom("-0", "0", "-0.0", "0.1", "1e5", "5e-324", "1.7976931348623157e308", "1e999", "0e0");
const number = fc.oneof(fc.integer().map(String), integer, decimal, power, double, oddNumber);
const written = fc
  .string({ unit: fc.constantFrom(...'ab "\\\n\u0001/é京😀\ufffd\u2028') })
  .map((s) => JSON.stringify(s));
const escaped = fc.constantFrom(
  '"\\u0041\\/"',
  '"\\ud800"',
  '"\\"',
  '"\\\\"',
  '"a\\nb"',
  '""',
  '"a long one, so that it is a slice of its piece"',
);
const word = fc.constantFrom("true", "false", "null");
const nested = fc.json({ maxDepth: 3 });
const value = fc.oneof({ weight: 3, arbitrary: number }, written, word, nested, escaped.filter(isJson));
const broken = fc.constantFrom(
  "01",
  "1.",
  "-",
  ".5",
  "+1",
  "1e",
  "0x1",
  "NaN",
  "nul",
  "truex",
  '"',
  '"\\x"',
  "[1,]",
  "[1;2]",
  '"a\\',
  '["a\\',
  '{"a\\',
  "[1 2]",
  "[",
  "{",
  "1 2",
  "\t",
  '"\t"',
  '"a\\n',
  "",
);
const key = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "id",
    "1",
    "0",
    "__proto__",
    "constructor",
    "é",
    'a"b',
    '":(() => { throw 1 })(),"',
    "\\",
    "",
  ),
  fc.string(),
);

/** Lines of one shape, as a program writes them, and others between them. */
function lines(values: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  const style = fc.constantFrom([":", ","], [": ", ", "], [" :\t", " , "]);
  return fc
    .tuple(fc.array(key, { maxLength: 5 }), style, fc.constantFrom("", "\r", " "))
    .chain(([keys, [colon, comma], end]) => {
      const object = (members: string[]) =>
        `{${members.map((member, i) => `${JSON.stringify(keys[i % keys.length])}${colon}${member}`).join(comma)}}`;
      const regular = fc.array(values, { minLength: keys.length, maxLength: keys.length }).map(object);
      const deep = fc
        .tuple(regular, values)
        .map(([inner, other]) => (keys.length === 0 ? inner : object([inner, other])));
      const optional = fc.array(values, { maxLength: keys.length }).map(object);
      const some = fc.oneof({ weight: 6, arbitrary: regular }, deep, optional, values);
      return fc.array(
        some.map((line) => line + end),
        { maxLength: 40 },
      );
    });
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** With the order of keys, the sign of a zero, and whose prototype an object has. */
function assertSame(found: readonly unknown[] | undefined, all: string[]): void {
  const expected = all.map((line) => JSON.parse(line));
  assert.deepEqual(JSON.stringify(found), JSON.stringify(expected));
  assert.deepStrictEqual(found, expected);
}

function parse(shapes: Shapes, all: string[], end = "\n"): readonly unknown[] | undefined {
  try {
    return shapes.parse(encoder.encode(all.join("\n") + (all.length === 0 ? "" : end)));
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return undefined;
  }
}

test("lines read by their shape are what JSON.parse makes of them", () => {
  fc.assert(
    fc.property(lines(value), (all) => {
      const shapes = new JsonShapes(text, memory);
      const found = parse(shapes, all);
      if (found === undefined) assert.ok(all.some((line) => line.includes("\ufffd")));
      else assertSame(found, all);
      // Now that all the shapes are known.
      const again = parse(shapes, all);
      if (again !== undefined) assertSame(again, all);
    }),
    runs,
  );
});

test("a line that is not JSON is never taken for one, whatever shapes are known", () => {
  fc.assert(
    fc.property(lines(fc.oneof({ weight: 4, arbitrary: value }, broken)), (all) => {
      const shapes = new JsonShapes(text, memory);
      parse(shapes, all.filter(isJson));
      for (const line of all) {
        const found = parse(shapes, [line]);
        if (found !== undefined) assertSame(found, [line]);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a line that is cut, or has a character more or another one, is never taken for what it is not", () => {
  const characters = fc.constantFrom(...'"\\{}[]:,.-+eE019 \t\u0000atf');
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 1 }), characters), { maxLength: 3 });
  fc.assert(
    fc.property(lines(value), fc.nat(), edits, fc.option(fc.nat()), (all, which, changes, cut) => {
      const shapes = new JsonShapes(text, memory);
      parse(shapes, all);
      const changed = [...(all[which % all.length] ?? "")];
      for (const [at, replaced, character] of changes) changed.splice(at % (changed.length + 1), replaced, character);
      const line = changed.slice(0, cut === null ? changed.length : cut % (changed.length + 1)).join("");
      for (const end of ["\n", ""]) {
        const found = parse(shapes, [...all, line], end);
        if (found !== undefined && (line !== "" || end !== "")) assertSame(found, [...all, line]);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a line of a known shape needs no JSON.parse, and its object has its keys in their order", () => {
  const shapes = new JsonShapes(text, memory);
  const line = (n: number) => `{"b": ${n}.25, "a": {"x": "${n}", "y": [1, -2, "z", []]}, "__proto__": null, "1": true}`;
  parse(shapes, [line(1)]);
  asked = 0;
  const found = parse(shapes, [line(2), line(-30)]);
  assert.equal(asked, 0);
  assertSame(found, [line(2), line(-30)]);
});

test("decimals of up to 19 digits are the nearest double, without JSON.parse, also exactly between two", () => {
  const digits = (most: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{0,${most - 1}}$`));
  const pointed = fc.tuple(digits(19), fc.nat(18)).map(([all, decimals]) => {
    const padded = all.padStart(decimals + 1, "0").slice(-19);
    return decimals === 0 ? padded : `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
  });
  const random = fc.double({ min: 1e-6, max: 1e15, noNaN: true, noDefaultInfinity: true }).map(String);
  const between = fc
    .tuple(fc.integer({ min: 40, max: 53 }), fc.nat(1e9), fc.constantFrom(".5", ".25", ".75", ".125", ".0625"))
    .map(([power, more, rest]) => `${2 ** power + more}${rest}`);
  const some = fc.oneof(pointed, random, between).filter((text) => text.replace(".", "").length <= 19);
  const shapes = new JsonShapes(text, memory);
  parse(shapes, ['{"n":1}']);
  const run = (numbers: string[]) => {
    const all = numbers.flatMap((number) => [`{"n":${number}}`, `{"n":-${number}}`]);
    asked = 0;
    const found = parse(shapes, all);
    assert.equal(asked, 0);
    assertSame(found, all);
  };
  fc.assert(fc.property(fc.array(some, { maxLength: 50 }), run), { numRuns: 1000 });
});

test("lines with a value that is left to JSON.parse do not keep other shapes from being learned", () => {
  const shapes = new JsonShapes(text, memory);
  const odd = Array.from({ length: 1000 }, (_, n) => `{"odd": [ ${n} ]}`);
  assertSame(parse(shapes, odd), odd);
  const line = '{"plain": 1}';
  assertSame(parse(shapes, [line]), [line]);
  asked = 0;
  const found = parse(shapes, [line]);
  assert.equal(asked, 0);
  assertSame(found, [line]);
});

test("whichever of two ways the clock prefers, the values are the same, or the window is left to be read line by line", () => {
  fc.assert(
    fc.property(
      fc.array(lines(fc.oneof({ weight: 30, arbitrary: value }, broken)), { minLength: 1 }),
      fc.nat(),
      (windows, seed) => {
        let ms = 0;
        const parseLines = createJsonLines(
          text,
          () => (ms += (Math.imul(seed + ms, 0x9e3779b1) >>> 4) % 7),
          undefined,
          0,
        );
        for (const all of windows) {
          // Long enough to be timed.
          const many = Array.from({ length: Math.ceil(20_000 / (all.join("\n").length + 1)) }, () => all).flat();
          const found = parseLines(encoder.encode(many.map((line) => `${line}\n`).join("")));
          if (found !== undefined) assertSame(found, many);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test("a window with a line that is empty, no JSON or not UTF-8 is not parsed as a whole", () => {
  for (const bad of ["", " ", "{", '{"a":1', "\ufeff1"]) {
    const parseLines = createJsonLines(text, () => 0);
    const many = '{"a":1}\n'.repeat(1000);
    assert.equal(parseLines(encoder.encode(many))?.length, 1000);
    assert.equal(parseLines(encoder.encode(`${many}${bad}\n{"a":2}\n`)), undefined, JSON.stringify(bad));
  }
});

test("bytes that are not UTF-8 are not parsed as a whole, in either way", () => {
  const line = encoder.encode('{"a":"abc"}\n');
  for (const dearest of [0, 1]) {
    let looks = 0;
    const parseLines = createJsonLines(text, () => (looks++ % 4 === 2 * dearest + 1 ? 1e6 : 0) + looks);
    const good = new Uint8Array(line.length * 2000);
    for (let at = 0; at < good.length; at += line.length) good.set(line, at);
    for (let i = 0; i < 10; i++) assert.equal(parseLines(good)?.length, 2000);
    good[7] = 0xff;
    assert.equal(parseLines(good), undefined);
  }
});

test("where every window has such a line, most are not tried", () => {
  let tried = 0;
  const decode: typeof text.decode = (...range) => {
    tried++;
    return text.decode(...range);
  };
  const parseLines = createJsonLines({ ...text, decode }, () => 0);
  for (let i = 0; i < 1000; i++) assert.equal(parseLines(encoder.encode("{\n".repeat(4000))), undefined);
  assert.ok(tried < 30, `${tried}`);
});
