// laws of every cursor: a record's places are the same whichever are asked for, in any order, how often, and before or after it is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { bytesCodec } from "../../../../core/formats/bytes.ts";
import type { LineCodec, UnitCodec, UnitCodecTools } from "../../../../core/formats/codec.ts";
import { CsvCursor } from "../../../../core/formats/csv/cursor.ts";
import type { CsvDialect } from "../../../../core/formats/csv/dialect.ts";
import { createCsvParser } from "../../../../core/formats/csv/parser.ts";
import type { Cursor } from "../../../../core/formats/cursor.ts";
import { filesCodec } from "../../../../core/formats/files.ts";
import { jsonCodec } from "../../../../core/formats/json.ts";
import { ElementCursor } from "../../../../core/formats/json-splitter/element-cursor.ts";
import { ParsedCursor } from "../../../../core/formats/parsed-cursor.ts";
import { rangeCodec } from "../../../../core/formats/range.ts";
import { TextCursor } from "../../../../core/formats/text-cursor.ts";
import { codecTools, lineCodec } from "../../../support/codec-tools.ts";
import { CSV_DEFAULTS } from "../../../support/csv-options.ts";

const { text: codec } = await loadRuntime();
const tools = codecTools(codec);
const BASE = 1000;

interface Place {
  readonly record: unknown;
  readonly offset: number;
  readonly line: number;
  /** Lines that end before the offset. */
  readonly linesBefore?: number;
  readonly origin?: { readonly source: string; readonly offset?: number; readonly line: number };
}

interface Case {
  readonly create: () => Cursor;
  readonly places: readonly Place[];
  readonly lines: number;
}

const jsonl = '{"a":"é"}\n{"a":2}\n\n{"a":"😀"}\n';
const wholeLines = '"é"\n2\n[3]\n';
const csv = 'é,"two\nlines"\n\n3,4\n';
const dialect: CsvDialect = { delimiter: ",", quotes: true, lineEnd: 10, columns: ["a", "b"] };
const rejected = [
  { source: "in.jsonl", sourceIndex: 2, line: 7, offset: 70, from: "jsonl", record: '{"n":1}' },
  { source: "in.txt", line: 1, offset: 0, from: "text", record: "é" },
];
const rejectedLines = rejected.map((entry) => `${JSON.stringify(entry)}\n`);
const elements = codec.encode('1,\n\n  2,"é"');
const elementLines = codec.encode('1 \n\n  2\n"é"');

const CASES: Readonly<Record<string, Case>> = {
  "lines of text": {
    create: () => new TextCursor(jsonl, BASE, lineCodec("jsonl"), codec),
    places: [
      { record: { a: "é" }, offset: 1000, line: 1 },
      { record: { a: 2 }, offset: 1011, line: 2 },
      { record: { a: "😀" }, offset: 1020, line: 4 },
    ],
    lines: 4,
  },
  "lines that have been parsed": {
    create: () => new ParsedCursor(["é", 2, [3]], codec.encode(wholeLines), BASE, codec),
    places: [
      { record: "é", offset: 1000, line: 1 },
      { record: 2, offset: 1005, line: 2 },
      { record: [3], offset: 1007, line: 3 },
    ],
    lines: 3,
  },
  "records of more than one line": {
    create: () => new CsvCursor(csv, BASE, dialect, createCsvParser(dialect, CSV_DEFAULTS), codec),
    places: [
      { record: { a: "é", b: "two\nlines" }, offset: 1000, line: 1 },
      { record: { a: "3", b: "4" }, offset: 1016, line: 4 },
    ],
    lines: 4,
  },
  "elements of an array": {
    create: () => {
      const lines = new TextCursor(codec.decode(elementLines, 0, elementLines.length), BASE, lineCodec("jsonl"), codec);
      return new ElementCursor(lines, { source: elements, base: BASE, insertedBefore: () => 0 });
    },
    places: [
      { record: 1, offset: 1000, line: 1 },
      { record: 2, offset: 1004, line: 3, linesBefore: 2 },
      { record: "é", offset: 1008, line: 3 },
    ],
    lines: 2,
  },
  "records of an errors file": {
    create: () => {
      const rejects = lineCodec("rejects");
      const open = rejects.createOpen?.(rejects, tools);
      return open?.(rejectedLines.join(""), BASE) as Cursor;
    },
    places: [
      { record: { n: 1 }, offset: 1000, line: 1, origin: { source: "in.jsonl", offset: 70, line: 7 } },
      {
        record: "é",
        offset: BASE + (rejectedLines[0]?.length ?? 0),
        line: 2,
        origin: { source: "in.txt", offset: 0, line: 1 },
      },
    ],
    lines: 2,
  },
  "numbers of a range": {
    create: () => unitsOf(rangeCodec, { range: { from: 1, step: 2, count: 100 } }, 10, 12),
    places: [
      { record: 21, offset: 10, line: 1 },
      { record: 23, offset: 11, line: 2 },
    ],
    lines: 2,
  },
  "files that are records": {
    create: () => {
      const sources = ["a", "b", "c"].map((name) => ({ name, path: name, begin: 0, end: 5 }));
      return unitsOf(filesCodec.input as UnitCodec, { sources }, 1, 3);
    },
    places: ["b", "c"].map((path, i) => ({
      record: { path, size: 5, mtime: "1970-01-01T00:00:00.000Z" },
      offset: 1 + i,
      line: 1 + i,
      origin: { source: path, line: 1 },
    })),
    lines: 2,
  },
  "a chunk that is a record": {
    create: () => {
      const { input } = bytesCodec;
      return (input?.cut === "line" ? input.openChunk?.(elements, BASE) : undefined) as Cursor;
    },
    places: [{ record: elements, offset: 1000, line: 1 }],
    lines: 1,
  },
};

function unitsOf(units: UnitCodec, more: Partial<UnitCodecTools>, start: number, end: number): Cursor {
  return units.createReader({ ...tools, ...more } as UnitCodecTools).open({ start, end }) as Cursor;
}

test("only lines of JSON are blank, and of values that have been made lines only those of JSON's white space", () => {
  const blanks = [" \t\r", "\u00a0", "\f", "\ufeff", "\u3000 "];
  const isBlank = (cursor: Cursor) => {
    assert.ok(cursor.advance());
    assert.throws(() => cursor.read());
    return cursor.isBlank?.() === true;
  };
  const values = jsonCodec.input?.cut === "loaded" ? jsonCodec.input.lines() : undefined;
  for (const [i, blank] of blanks.entries()) {
    assert.equal(isBlank(new TextCursor(blank, BASE, lineCodec("jsonl"), codec)), true);
    assert.equal(isBlank(new TextCursor(blank, BASE, values as LineCodec, codec)), i === 0);
    const lines = new TextCursor(blank, BASE, values as LineCodec, codec);
    const source = { source: codec.encode(blank), base: BASE, insertedBefore: () => 0 };
    assert.equal(isBlank(new ElementCursor(lines, source)), i === 0);
    const rejects = lineCodec("rejects");
    const open = rejects.createOpen?.(rejects, tools);
    const entry = { source: "in.csv", line: 1, offset: 0, from: "jsonl", record: blank };
    assert.equal(isBlank(open?.(JSON.stringify(entry), BASE) as Cursor), false);
    assert.equal(isBlank(open?.(blank, BASE) as Cursor), true);
    assert.equal(isBlank(new CsvCursor(blank, BASE, dialect, createCsvParser(dialect, CSV_DEFAULTS), codec)), false);
  }
});

type Question = "offset" | "line" | "raw" | "read" | "origin" | "linesBefore";
const question = fc.constantFrom<Question[]>("offset", "line", "raw", "read", "origin", "linesBefore");

for (const [name, { create, places, lines }] of Object.entries(CASES))
  test(`${name}: places are the same whatever was asked before, and behind the last record`, () => {
    fc.assert(
      fc.property(fc.array(fc.array(question, { maxLength: 6 }), { minLength: 4, maxLength: 4 }), (questions) => {
        const cursor = create();
        for (const [i, place] of places.entries()) {
          assert.equal(cursor.advance(), true);
          let isRead = false;
          for (const asked of questions[i] ?? []) {
            // A cursor gives its record once: it may drop it then.
            if (asked !== "read") check(cursor, asked, place);
            else if (!isRead) assert.deepEqual(cursor.read(), place.record);
            isRead ||= asked === "read";
          }
        }
        assert.equal(cursor.advance(), false);
        const last = places.at(-1) as Place;
        for (const asked of questions.at(-1) ?? [])
          if (asked === "offset" || asked === "origin") check(cursor, asked, last);
        assert.equal(cursor.line(), lines);
      }),
    );
  });

function check(cursor: Cursor, asked: Question, { offset, line, linesBefore, origin }: Place): void {
  if (asked === "raw") assert.equal(typeof cursor.raw(), "string");
  if (asked === "offset") assert.equal(cursor.offset(), offset);
  if (asked === "line") assert.equal(cursor.line(), line);
  if (asked === "linesBefore") assert.equal(cursor.lineEndsBefore?.() ?? cursor.line() - 1, linesBefore ?? line - 1);
  if (asked !== "origin") return;
  const found = cursor.origin?.();
  assert.deepEqual(
    found && {
      source: found.source,
      ...(found.offset === undefined ? {} : { offset: found.offset }),
      line: found.line,
    },
    origin,
  );
}
