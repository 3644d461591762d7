// laws: text that is not ASCII, and bytes that are no text, are read by their shape as a decoder and JSON.parse read them; also where
// only some fields are made.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import type { FieldsSeen } from "../../../../../core/formats/codec.ts";
import { type LineMemory, lineMemory } from "../../../../../core/formats/json-parser/line-memory.ts";
import { createJsonLines } from "../../../../../core/formats/json-parser/parse-lines.ts";
import { JsonShapes } from "../../../../../core/formats/json-parser/shapes.ts";
import { ChunkReader } from "../../../../../core/worker/chunk-reader.ts";
import { codecTools, lineCodec } from "../../../../support/codec-tools.ts";

const { text: codec } = await loadRuntime();
const memory = lineMemory() as LineMemory;
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Of each number of bytes, at the borders of what UTF-8 can write, and those that other programs take for ends or marks. */
const CHARACTERS = [..."aZ09 é\u0080\u07ff\u0800京\ufffd\ufeff\uffff\u2028\u0085\u{10000}🚀\u{10ffff}"];
const ESCAPES = ['\\"', "\\\\", "\\/", "\\n", "\\u00e9", "\\ud83d\\ude80", "\\ud800", "\\udc00", "\\u0000"];
const content = fc.string({ unit: fc.constantFrom(...CHARACTERS, ...ESCAPES), maxLength: 20 });
const plain = fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 20 });
const quoted = fc.oneof(plain, content).map((inside) => `"${inside}"`);
const scalar = fc.oneof(
  quoted,
  quoted,
  fc.constantFrom("1", "-0", "2.5", "1e3", "12345678901234567890", "true", "null"),
);
const list = fc.array(scalar, { maxLength: 4 }).map((members) => `[${members.join(",")}]`);
const object = fc
  .array(fc.tuple(quoted, scalar), { maxLength: 3 })
  .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  list,
  object,
  object.map((one) => `[${one}]`),
);
/** Lines of one shape. */
const alike = fc
  .tuple(fc.array(quoted, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 12 }))
  .chain(([keys, count]) =>
    fc.array(
      fc
        .array(value, { minLength: keys.length, maxLength: keys.length })
        .map((values) => `{${keys.map((key, i) => `${key}:${values[i]}`).join(",")}}`),
      { minLength: count, maxLength: count },
    ),
  );
/** Bytes that are UTF-8 nowhere, or not there: too long, surrogates, beyond the last, cut, or alone. */
const BAD = [
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe4, 0xba],
  [0xf0, 0x9f, 0x9a],
  [0x80],
];
const damage = fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...BAD, [0x22], [0x5c], [0x0a], [0x0d], [0x00]));

function damaged(bytes: Uint8Array, changes: [number, number, number[]][]): Uint8Array {
  const all = [...bytes];
  for (const [at, replaced, bad] of changes) all.splice(at % (all.length + 1), replaced, ...bad);
  return Uint8Array.from(all);
}

/** What a decoder and JSON.parse make of each line; undefined when one of them refuses. */
function expected(bytes: Uint8Array): unknown[] | undefined {
  try {
    const lines = strict.decode(bytes).split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.map((line) => JSON.parse(line));
  } catch {
    return undefined;
  }
}

function found(shapes: JsonShapes, bytes: Uint8Array): unknown[] | undefined {
  try {
    return shapes.parse(bytes);
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return undefined;
  }
}

const encoded = (lines: readonly string[]) => encoder.encode(lines.map((line) => `${line}\n`).join(""));

function assertSame(one: unknown, other: unknown): void {
  assert.equal(JSON.stringify(one), JSON.stringify(other));
  assert.deepStrictEqual(one, other);
}

test("lines with every kind of Unicode are what JSON.parse makes of their text", () => {
  const run = (lines: string[]) => {
    const shapes = new JsonShapes(codec, memory);
    // Twice: now the shapes are known.
    for (let round = 0; round < 2; round++) assertSame(found(shapes, encoded(lines)), expected(encoded(lines)));
  };
  fc.assert(fc.property(alike, run), { numRuns: 2000, seed: 18 });
});

test("escapes are what JSON.parse makes of them, wherever they stand in a string", () => {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => `\\u${code.toString(16).padStart(4, "0")}`),
    fc.constantFrom(
      "\\ufeff",
      "\\uD83D\\uDE80",
      "\\ud83d",
      "\\ude80",
      "\\u007F",
      "\\u0080",
      "\\u07ff",
      "\\u0800",
      "\\u0022",
    ),
    fc.constantFrom('\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"),
    fc.constantFrom("a", "é", "京", "🚀", "\ufeff", "x".repeat(15), "y".repeat(16)),
  );
  const text = fc.string({ unit, maxLength: 30 });
  const lines = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 8 });
  const run = (pairs: [string, string][], names: ReadonlySet<string> | undefined) => {
    const fields = names && { names, keys: new Set<string>() };
    const shapes = new JsonShapes(codec, memory, fields);
    const bytes = encoded(pairs.map(([one, other]) => `{"a":"${one}","b":["${other}",{"c":"${one}"}],"d":"${other}"}`));
    const picked = (values: unknown[] | undefined) =>
      (values as Record<string, unknown>[]).map((record) => [...(names ?? "abd")].map((name) => record[name]));
    for (let round = 0; round < 2; round++) assertSame(picked(found(shapes, bytes)), picked(expected(bytes)));
  };
  const names = fc.constantFrom(undefined, new Set("a"), new Set("bd"));
  fc.assert(fc.property(lines, names, run), { numRuns: 3000 });
});

test("lines with damaged bytes are refused, or are what their text means", () => {
  const run = (lines: string[], changes: [number, number, number[]][]) => {
    const shapes = new JsonShapes(codec, memory);
    found(shapes, encoded(lines));
    const bytes = damaged(encoded(lines), changes);
    assertSame(found(shapes, bytes), expected(bytes));
  };
  const changes = fc.array(damage, { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(alike, changes, run), { numRuns: 2000, seed: 18 });
});

test("a window that ends at any byte is refused, or is what its text means", () => {
  const line = '{"é\\\\":"京\\"🚀","b":[{"ü":"\\\\"},"é\\\\京"],"c":{"ï":"\\ud83d🚀"},"d":"\\\\"}';
  const shapes = new JsonShapes(codec, memory);
  found(shapes, encoded([line]));
  const all = encoded([line]);
  for (let end = 0; end < all.length; end++)
    for (const rest of ["", "\n", "\n7", '\n{"é\\\\":"', '"}\n']) {
      const bytes = new Uint8Array([...all.subarray(0, end), ...encoder.encode(rest)]);
      if (end > 0 || rest === "") assertSame(found(shapes, bytes), expected(bytes));
    }
});

/** Keeps the texts that are asked for. */
function listening(texts: string[]): typeof codec {
  const decode: typeof codec.decode = (...range) => {
    texts.push(codec.decode(...range));
    return texts.at(-1) as string;
  };
  return { ...codec, decode };
}

test("a line of a known shape with keys and texts that are not ASCII needs no JSON.parse", () => {
  const texts: string[] = [];
  const shapes = new JsonShapes(listening(texts), memory);
  const line = (text: string) => `{"größe":1,"名":"${text}","ascii":"abc"}`;
  found(shapes, encoded([line("京")]));
  texts.length = 0;
  assertSame(found(shapes, encoded([line("é"), line("🚀")])), [
    { größe: 1, 名: "é", ascii: "abc" },
    { größe: 1, 名: "🚀", ascii: "abc" },
  ]);
  // Nothing was decoded but those two values.
  assert.deepEqual(texts, ["é", "🚀"]);
});

/** Everything that can be seen of an input's records: values, failures, and their places. */
function readAll(bytes: Uint8Array, parseLines: ReturnType<typeof createJsonLines> | undefined): unknown[] {
  const seen: unknown[] = [];
  const reader = new ChunkReader({
    codec: { ...lineCodec("jsonl"), createParseLines: parseLines && (() => parseLines) },
    tools: { ...codecTools(codec), encodeBase64: (some) => [...some].join() },
    maxRecordBytes: 1 << 20,
  });
  let linesBefore = 0;
  reader.readBlock(bytes, 0, 0, bytes.length, (part) => {
    if ("unreadable" in part) {
      seen.push({ ...part.unreadable, line: ++linesBefore });
      return true;
    }
    const { cursor } = part;
    while (cursor.advance()) {
      let outcome: unknown;
      try {
        outcome = { value: cursor.read() };
      } catch (error) {
        outcome = { message: (error as Error).message };
      }
      seen.push({ outcome, offset: cursor.offset(), line: linesBefore + cursor.line(), raw: cursor.raw() });
    }
    linesBefore += cursor.line();
    return true;
  });
  return seen;
}

let ms = 0;
/** By this clock either way is taken. */
const oddClock = () => (ms += (Math.imul(ms + 1, 0x9e3779b1) >>> 4) % 7);
const times = fc.integer({ min: 1, max: 300 });

test("records, failures and their places are the same with shapes and without", () => {
  const run = (lines: string[], count: number, changes: [number, number, number[]][]) => {
    const bytes = damaged(encoded(Array.from({ length: count }, () => lines).flat()), changes);
    assert.deepStrictEqual(readAll(bytes, createJsonLines(codec, oddClock, undefined, 0)), readAll(bytes, undefined));
  };
  fc.assert(fc.property(alike, times, fc.array(damage, { maxLength: 2 }), run), { numRuns: 60, seed: 18 });
});

/** As of a script that makes keys of all that it looks at. */
const seen = (names: Iterable<string>): FieldsSeen => ({ names: new Set(names), keys: new Set(names) });

/** What a script that looks at some fields sees of everything that was read, and of a failure all. */
function seenThrough(entries: unknown[], fields: ReadonlySet<string>): unknown[] {
  return entries.map((entry) => {
    const { outcome, ...place } = entry as { outcome?: { value?: unknown } };
    const record = outcome?.value;
    if (typeof record !== "object" || record === null) return entry;
    return { ...place, values: [...fields].map((field) => (record as Record<string, unknown>)[field]) };
  });
}

test("records look the same through fields that alone are made, and failures and their places are the same", () => {
  const run = (lines: string[], count: number, which: number, changes: [number, number, number[]][]) => {
    const keys = Object.keys(JSON.parse(lines[0] as string) as object);
    const fields = new Set(which === 0 ? ["missing"] : keys.filter((_, i) => (which >> i) % 2 === 1));
    const looked = seen(fields);
    const bytes = damaged(encoded(Array.from({ length: count }, () => lines).flat()), changes);
    const narrow = readAll(
      bytes,
      createJsonLines(codec, oddClock, () => looked, 0),
    );
    assert.deepStrictEqual(seenThrough(narrow, fields), seenThrough(readAll(bytes, undefined), fields));
  };
  const changes = fc.array(damage, { maxLength: 2 });
  fc.assert(fc.property(alike, times, fc.nat(15), changes, run), { numRuns: 60, seed: 18 });
});

test("a damaged line is refused also where what is damaged is not wanted", () => {
  const run = (lines: string[], wanted: number, changes: [number, number, number[]][]) => {
    const keys = Object.keys(JSON.parse(lines[0] as string) as object);
    const shapes = new JsonShapes(codec, memory, seen(keys.slice(0, wanted)));
    found(shapes, encoded(lines));
    const bytes = damaged(encoded(lines), changes);
    const values = expected(bytes);
    assert.equal(found(shapes, bytes)?.length, values?.length);
  };
  const changes = fc.array(damage, { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(alike, fc.nat(2), changes, run), { numRuns: 2000, seed: 18 });
});

test("what is not wanted is not made, unless a field is looked for that the record does not have", () => {
  const line = '{"a":1,"b":{"c":"é"},"d":[{"e":"x\\n"}],"__proto__":2}';
  const shapes = (...fields: string[]) => {
    const some = new JsonShapes(codec, memory, seen(fields));
    found(some, encoded([line]));
    return found(some, encoded([line]));
  };
  const nothing = { a: undefined, b: undefined, d: undefined, ["__proto__"]: undefined };
  assert.deepEqual(shapes("a"), [{ ...nothing, a: 1 }]);
  assert.deepEqual(shapes("b"), [{ ...nothing, b: { c: "é" } }]);
  assert.deepEqual(shapes("__proto__"), [{ ...nothing, ["__proto__"]: 2 }]);
  assert.deepEqual(shapes(), [nothing]);
  // It would be looked up in the prototype, where a getter could see that others are missing.
  assertSame(shapes("a", "toString"), expected(encoded([line])));
});

test("an object of which some is made has the keys of one of which all is, in their order, unless there are many", () => {
  for (const count of [32, 33]) {
    const keys = Array.from({ length: count }, (_, i) => `k${i}`);
    const line = JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, i])));
    const some = new JsonShapes(codec, memory, seen(["k5"]));
    found(some, encoded([line]));
    const [record] = found(some, encoded([line])) as [object];
    assert.deepEqual(Object.keys(record), count === 32 ? keys : ["k5"]);
  }
});

test("a value that is not wanted is passed over where JSON.parse accepts it, and nowhere else", () => {
  const edits = fc.array(
    fc.tuple(fc.nat(), fc.nat({ max: 1 }), fc.constantFrom(...'"\\{}[]:,.-+eE019 \t\u0000atfn/u')),
    { maxLength: 3 },
  );
  const line = (written: string) => `{"a":1,"v":${written},"b":2}`;
  const run = (written: string, changes: [number, number, string][]) => {
    const characters = [...written];
    for (const [at, replaced, other] of changes) characters.splice(at % (characters.length + 1), replaced, other);
    const texts: string[] = [];
    const shapes = new JsonShapes(listening(texts), memory, seen(["a", "b"]));
    found(shapes, encoded([line("1")]));
    texts.length = 0;
    const bytes = encoded([line(characters.join(""))]);
    const records = expected(bytes);
    const read = found(shapes, bytes);
    assert.equal(read?.length, records?.length);
    // Nothing is left to JSON.parse where it is a value of this line, without white space around it.
    const isOne = records !== undefined && isTight(characters.join(""));
    if (isOne) assert.deepEqual(texts, []);
  };
  fc.assert(fc.property(fc.oneof(value, fc.json()), edits, run), { numRuns: 5000, seed: 18 });
});

function isTight(written: string): boolean {
  try {
    JSON.parse(written);
    return written.trim() === written;
  } catch {
    return false;
  }
}

test("strings that come again are what they were, also behind lines of which nothing came", () => {
  const shapes = new JsonShapes(codec, memory, seen(["key", "list"]));
  let random = 19;
  const next = (most: number) => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 1;
    return (random >>> 8) % most;
  };
  // More of them than are kept, up to one byte more than are kept of one, and two that differ in their last byte.
  const text = () => `${next(2) === 0 ? next(30_000) : next(50)}${"abcdefghijklm".slice(next(14))}`.slice(-16);
  const key = () => ["é", text(), text(), "", "\u0000", "\ud83d\ude80"][next(6)] as string;
  const odd = ['{"key":"new","list":["newer",{}],"more":01}', '{"key":"newest","list":"\\', '{"key":"last"}', "5", "{"];
  for (let round = 0; round < 400; round++) {
    const lines = Array.from({ length: 200 }, () =>
      JSON.stringify({ key: key(), list: [key(), [key()], ...(next(9) === 0 ? [{ a: key() }] : [])], more: next(9) }),
    );
    if (next(4) === 0) lines.splice(next(200), 0, odd[next(odd.length)] as string);
    assertSame(looked(found(shapes, encoded(lines))), looked(expected(encoded(lines))));
  }
});

test("strings that differ in one byte, wherever that is, do not take each other's place", () => {
  for (let length = 1; length <= 15; length++)
    for (let place = 0; place < length; place++) {
      let taken = 0;
      const asciiOf: typeof codec.asciiOf = (...range) => {
        taken++;
        return codec.asciiOf(...range);
      };
      const shapes = new JsonShapes({ ...codec, asciiOf }, memory, seen(["key"]));
      const letters = [..."abcdefghijklmnopqrstuvwxyz"];
      const lines = letters.map((letter) =>
        JSON.stringify({ key: "-".repeat(place) + letter + "-".repeat(length - place - 1) }),
      );
      found(shapes, encoded(lines));
      // The first has been read by JSON.parse.
      found(shapes, encoded(lines));
      taken = 0;
      assertSame(found(shapes, encoded(lines)), expected(encoded(lines)));
      assert.equal(taken, 0, `${length} bytes, at ${place}`);
    }
});

function looked(records: unknown[] | undefined): unknown {
  return records?.map((record) => {
    const { key, list } = record as { key?: unknown; list?: unknown };
    return { key, list };
  });
}
