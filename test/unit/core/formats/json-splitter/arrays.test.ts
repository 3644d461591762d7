// laws: read by ranges, from any record on, an array gives the records, places and lines that it gives as one stream.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nodeText } from "../../../../../adapters/node/text-codec.ts";
import type { Cursor } from "../../../../../core/formats/cursor.ts";
import { arrayCodec } from "../../../../../core/formats/json-splitter/array-codec.ts";
import { ArrayScanner } from "../../../../../core/formats/json-splitter/array-scanner.ts";
import { arrays, isArrays } from "../../../../../core/formats/json-splitter/arrays.ts";
import { createJsonValueSplitter } from "../../../../../core/formats/json-splitter/splitter.ts";
import type { FileRange } from "../../../../../core/worker/file-window.ts";
import { ScanReader } from "../../../../../core/worker/scan-reader.ts";
import type { Part } from "../../../../../core/worker/unreadable.ts";
import { codecTools, lineCodec } from "../../../../support/codec-tools.ts";

// Short windows, so that there are borders of them, too.
const codec = { ...arrayCodec(lineCodec("jsonl")), windowBytes: 24 };
const encode = (text: string) => new TextEncoder().encode(text);

interface Place {
  readonly raw: string;
  readonly line: number;
  readonly offset: number;
}

function* recordsOf(cursor: Cursor): Generator<Place> {
  while (cursor.advance()) {
    const raw = cursor.raw().trim();
    if (raw !== "") yield { raw, line: cursor.line(), offset: cursor.offset() };
  }
}

/** As the coordinator reads a pipe. */
function asStream(bytes: Uint8Array): Pick<Place, "raw" | "line">[] {
  const splitter = createJsonValueSplitter();
  const text = new TextDecoder().decode(splitter.next(bytes.slice()));
  const places: Pick<Place, "raw" | "line">[] = [];
  let offset = 0;
  for (const line of text.split("\n")) {
    if (line.trim() !== "") places.push({ raw: line.trim(), line: splitter.lineAt(offset) });
    offset += encode(line).length + 1;
  }
  return places;
}

/** As workers read a file: each range from the record on that the coordinator has found. */
function byRanges(bytes: Uint8Array, borders: readonly number[]): Place[] {
  const range = rangeOf(bytes);
  const reader = createReader();
  const header = arrays.readHeader(bytes, { name: "x" } as never);
  const scanner = new ArrayScanner(true);
  const places: Place[] = [];
  let first = header?.end ?? 0;
  let lines = header?.lines ?? 0;
  for (const end of [...borders, bytes.length]) {
    if (first >= end) continue;
    const found = scanner.next(bytes, first, bytes.length, end);
    const next = found === -1 ? bytes.length : found;
    const take = (part: Part) => {
      assert.ok("cursor" in part);
      for (const place of recordsOf(part.cursor)) places.push({ ...place, line: lines + place.line });
      lines += part.cursor.line();
      return true;
    };
    assert.equal(reader.readRange(range, { columns: [] }, first, end, take), next);
    first = next;
  }
  assert.equal(scanner.open, undefined);
  return places;
}

function createReader(maxRecordBytes = 1000): ScanReader {
  return new ScanReader({ codec, tools: codecTools(nodeText), maxRecordBytes });
}

function rangeOf(bytes: Uint8Array): FileRange {
  return { file: { read: read(bytes), close: () => {} }, name: "x", begin: 0, end: bytes.length };
}

/** What is left of a batch, from one of its records on. */
function restFrom(bytes: Uint8Array, offset: number): string[] {
  const rest: string[] = [];
  createReader().readRange(rangeOf(bytes), { columns: [] }, offset, bytes.length, (part) => {
    if ("cursor" in part) for (const { raw } of recordsOf(part.cursor)) rest.push(raw);
    return true;
  });
  return rest;
}

function read(bytes: Uint8Array): (target: Uint8Array, at: number, count: number, position: number) => number {
  return (target, at, count, position) => {
    const part = bytes.subarray(position, position + count);
    target.set(part, at);
    return part.length;
  };
}

const blanks = fc.stringMatching(/^[ \n\t\r]{0,4}$/);
const value = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('"a\\\\"', '"\\",]["', '{"a":"}]","é😀":[1,{"b":[]}]}', "bad", "[]", '{"x" :\n1}', "4 4"),
);
const element = fc.oneof({ weight: 20, arbitrary: value }, { weight: 1, arbitrary: fc.constant("") });
const array = fc
  .tuple(fc.array(fc.tuple(blanks, element, blanks), { minLength: 1, maxLength: 30 }), blanks)
  .map(([elements, end]) => `[${elements.map((parts) => parts.join("")).join(",")}${end}]`);
const between = fc.oneof({ weight: 5, arbitrary: blanks }, { weight: 1, arbitrary: value.map((text) => ` ${text} `) });

test("elements by ranges are those of a stream, with their lines, wherever ranges end", () => {
  fc.assert(
    fc.property(
      blanks,
      fc.array(fc.tuple(array, between), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat({ max: 400 }), { maxLength: 8 }),
      (begin, parts, cuts) => {
        const bytes = encode(begin + parts.map((part) => part.join("")).join(""));
        const borders = cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b);
        const places = byRanges(bytes, borders);
        assert.deepEqual(
          places.map(({ raw, line }) => ({ raw, line })),
          asStream(bytes),
        );
        for (const { raw, offset } of places) {
          const there = new TextDecoder().decode(bytes.subarray(offset)).trimStart();
          assert.equal(there[0], raw[0]);
        }
        const raws = places.map(({ raw }) => raw);
        for (const [i, { offset }] of places.entries()) assert.deepEqual(restFrom(bytes, offset), raws.slice(i));
      },
    ),
    { numRuns: 1000 },
  );
});

test("elements of any length are read, with the lines before them", () => {
  const elements = [10, 2000, 5, 5000, 300_000, 7, 1_200_000, 8].map((length, i) => {
    return `{"i":${i},\n"text":"${",".repeat(length)}"}`;
  });
  const bytes = encode(`[${elements.join(",\n")}]`);
  const read: unknown[] = [];
  let lines = 0;
  createReader(2_000_000).readRange(rangeOf(bytes), { columns: [] }, 1, bytes.length, (part) => {
    assert.ok("cursor" in part);
    for (const { raw, line } of recordsOf(part.cursor)) {
      const { i, text } = JSON.parse(raw);
      read.push({ i, length: text.length, line: lines + line });
    }
    lines += part.cursor.line();
    return true;
  });
  assert.deepEqual(
    read,
    elements.map((element, i) => ({ i, length: JSON.parse(element).text.length, line: 2 * i + 1 })),
  );
});

test("a value that cannot be read takes no other with it, in arrays and between them", () => {
  const good = fc.constantFrom("1", '"b c"', '{"a":[1]}', "true");
  const bad = fc.constantFrom('"\xff"', '{"\xff":1}', `"${"x".repeat(300)}"`);
  const mixed = fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: bad });
  const part = fc.oneof(
    fc.array(mixed, { minLength: 1, maxLength: 6 }).map((values) => ({ values, text: `[${values.join(",")}]` })),
    mixed.map((value) => ({ values: [value], text: `\n${value} ` })),
  );
  const parts = fc.tuple(fc.array(part, { maxLength: 12 }), fc.array(good, { minLength: 1, maxLength: 3 }));
  fc.assert(
    fc.property(parts, ([some, last]) => {
      const all = [{ values: ["0"], text: "[0]" }, ...some, { values: last, text: `[${last.join(",")}]` }];
      const bytes = Buffer.from(all.map(({ text }) => text).join(""), "latin1");
      const read: string[] = [];
      createReader(200).readRange(rangeOf(bytes), { columns: [] }, 1, bytes.length, (part) => {
        if ("cursor" in part) for (const { raw } of recordsOf(part.cursor)) read.push(raw);
        else read.push("bad");
        return true;
      });
      const values = all.flatMap(({ values }) => values);
      assert.deepEqual(
        read,
        values.map((value) => (value.includes("\xff") || value.length > 200 ? "bad" : value)),
      );
    }),
    { numRuns: 1000 },
  );
});

test("a scanner is where a plain automaton is, in any cut", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'[]{},"\\ a\n'.split("")), maxLength: 200 }),
      fc.integer({ min: 1, max: 64 }),
      (text, size) => {
        const bytes = encode(text);
        const found: number[] = [];
        const scanner = new ArrayScanner(true);
        for (let from = 0; from < bytes.length; from += size) {
          const to = Math.min(bytes.length, from + size);
          for (let at = from; ; ) {
            at = scanner.next(bytes, at, to, 0);
            if (at === -1) break;
            found.push(at);
          }
        }
        assert.deepEqual(found, plainEnds(text));
      },
    ),
    { numRuns: 20_000 },
  );
});

/** Behind the commas of arrays at the top, behind these arrays, and behind what is in none, or the blank behind it. */
function plainEnds(text: string): number[] {
  const ends: number[] = [];
  let depth = 0;
  let inArray = true;
  let inString = false;
  let inWord = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const isBlank = " \n".includes(character);
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') {
        inString = false;
        if (!inArray && depth === 0) ends.push(at + 1);
      }
      continue;
    }
    if (inWord && isBlank) ends.push(at + 1);
    inWord &&= !isBlank && !'"{['.includes(character);
    if (character === '"') inString = true;
    else if (depth > 0) {
      depth += "[{".includes(character) ? 1 : "]}".includes(character) ? -1 : 0;
      if (depth === 0 && !inArray) ends.push(at + 1);
    } else if (character === "[" && !inArray) inArray = true;
    else if (character === "[" || character === "{") depth = 1;
    else if (inArray && (character === "]" || character === ",")) {
      ends.push(at + 1);
      if (character === "]") inArray = false;
    } else if (!inArray && !isBlank) inWord = true;
  }
  return ends;
}

test("a text that ends in an array or in a value is open", () => {
  const openAfter = (text: string) => {
    const scanner = new ArrayScanner(true);
    scanner.next(encode(text), 0, text.length, Number.POSITIVE_INFINITY);
    return scanner.open;
  };
  assert.equal(openAfter('{"a":1}, 2]\n'), undefined);
  assert.equal(openAfter('{"a":1}, [2]'), "record");
  assert.equal(openAfter('{"a":1},\n '), "all");
  assert.equal(openAfter('{"a":1}, {"b":[1]'), "record");
  assert.equal(openAfter('{"a":1}, "b]'), "record");
  assert.equal(openAfter("1] [2"), "record");
  assert.equal(openAfter("1] {}"), undefined);
});

test("what begins and ends as arrays do is read by ranges, and all else as a stream", () => {
  const isOne = (text: string) => isArrays(encode(text), encode(text));
  assert.ok(isOne('\ufeff\n [\n{"a":1}\n]\n'));
  assert.ok(isOne("[1][2]"));
  for (const text of ["", "[]", "[ ]\n", '[{"a":1}', "[1]\n2", '{"a":[1]}', "1 [2]"])
    assert.equal(isOne(text), false, text);
});
