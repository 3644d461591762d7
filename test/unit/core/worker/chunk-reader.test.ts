// laws: wherever an input is cut, the records, their offsets, their lines and the rejects are those of a plain split.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { JobError } from "../../../../core/errors.ts";
import type { LineCodec } from "../../../../core/formats/codec.ts";
import type { Cursor } from "../../../../core/formats/cursor.ts";
import { type LineMemory, lineMemory } from "../../../../core/formats/json-parser/line-memory.ts";
import { JsonShapes } from "../../../../core/formats/json-parser/shapes.ts";
import type { InputFile } from "../../../../core/platform/runtime.ts";
import { ChunkReader } from "../../../../core/worker/chunk-reader.ts";
import type { FileRange } from "../../../../core/worker/file-window.ts";
import type { Part } from "../../../../core/worker/unreadable.ts";
import { codecTools, lineCodec } from "../../../support/codec-tools.ts";
import { concat, place } from "../../../support/cuts.ts";

const { text } = await loadRuntime();
const memory = lineMemory() as LineMemory;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A record, or a reject, where a plain split finds it. */
interface Found {
  readonly offset: number;
  readonly line: number;
  readonly value: unknown;
}

const TOO_LONG = "too long";
const NOT_UTF8 = "not UTF-8";
const BAD_JSON = "bad JSON";

/** What the reader has to find, in the plainest words. */
function plainSplit(bytes: Uint8Array, begin: number, format: LineCodec, maxRecordBytes: number): Found[] {
  const found: Found[] = [];
  let at = begin;
  if (begin === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
  for (let line = 1; at < bytes.length; line++) {
    let end = bytes.indexOf(format.separator, at);
    if (end === -1) end = bytes.length;
    const record = bytes.subarray(at, end);
    const value = plainRecord(record, format, maxRecordBytes);
    if (value !== undefined) found.push({ offset: at, line, value: value.is });
    at = end + 1;
  }
  return found;
}

function plainRecord(bytes: Uint8Array, format: LineCodec, most: number): { is: unknown } | undefined {
  if (bytes.length > most) return { is: TOO_LONG };
  if (format.needsUtf8 && !isUtf8(bytes)) return { is: NOT_UTF8 };
  const line = decoder.decode(bytes);
  if (format.trimsReturn) return { is: line.endsWith("\r") ? line.slice(0, -1) : line };
  if (format.separator === 0) return { is: line };
  if (line.trim() === "") return undefined;
  try {
    return { is: JSON.parse(line) };
  } catch {
    return { is: BAD_JSON };
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A file in memory that gives at most `most` bytes a read. */
function fileOf(bytes: Uint8Array, most: number): InputFile {
  return {
    read(target, at, length, position) {
      const piece = bytes.subarray(position, position + Math.min(length, most));
      target.set(piece, at);
      return piece.length;
    },
    close: () => {},
  };
}

/** Collects as a worker does: lines are counted on from part to part, and a blank line of JSON is none. */
class Collector {
  readonly found: Found[] = [];
  #linesBefore = 0;

  readonly take = (part: Part): boolean => {
    if ("cursor" in part) {
      this.#takeCursor(part.cursor);
      return true;
    }
    this.#linesBefore++;
    const { kind, offset } = part.unreadable;
    this.found.push({ offset, line: this.#linesBefore, value: kind === "too-long" ? TOO_LONG : NOT_UTF8 });
    return true;
  };

  #takeCursor(cursor: Cursor): void {
    while (cursor.advance()) {
      const value = readOrSay(cursor);
      if (value !== undefined) {
        this.found.push({ offset: cursor.offset(), line: this.#linesBefore + cursor.line(), value: value.is });
      }
    }
    this.#linesBefore += cursor.line();
  }
}

function readOrSay(cursor: Cursor): { is: unknown } | undefined {
  try {
    return { is: cursor.read() };
  } catch {
    return cursor.raw().trim() === "" ? undefined : { is: BAD_JSON };
  }
}

function createReader(name: string, maxRecordBytes: number): ChunkReader {
  const encodeBase64 = (bytes: Uint8Array) => String(bytes.length);
  // What cannot be parsed as a whole is read line by line: the inputs here have both.
  const parseLines = name === "jsonl" ? attemptToParse : undefined;
  const codec: LineCodec = { ...lineCodec(name), createParseLines: parseLines && (() => parseLines) };
  return new ChunkReader({ codec, tools: { ...codecTools(text), encodeBase64 }, maxRecordBytes });
}

function attemptToParse(bytes: Uint8Array): unknown[] | undefined {
  try {
    return new JsonShapes(text, memory).parse(bytes);
  } catch {
    return undefined;
  }
}

const lineEnd = fc.constantFrom("\n", "\n", "\n", "\r\n", "\n\n", "\n \n");
const jsonLine = fc.jsonValue({ maxDepth: 1, noUnicodeString: false }).map((value) => JSON.stringify(value));
const wildLine = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("[1", "2],3", '"a', 'b"', "\ufeff1", "\ufffd", "é€😀", "{", "1 2", "\r", "\u2028"),
);
const invalid = fc.constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x80], [0xed, 0xa0, 0x80]);
const bytesOfLine = fc.oneof(
  { weight: 6, arbitrary: jsonLine.map((line) => encoder.encode(line)) },
  { weight: 3, arbitrary: wildLine.map((line) => encoder.encode(line)) },
  { weight: 1, arbitrary: invalid.map((bytes) => Uint8Array.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(wildLine, invalid)
      .map(([line, bytes]) => concat([encoder.encode(line), Uint8Array.from(bytes)])),
  },
);
const input = fc
  .record({
    lines: fc.array(fc.tuple(bytesOfLine, lineEnd), { maxLength: 20 }),
    last: fc.option(bytesOfLine, { nil: undefined }),
    mark: fc.boolean(),
  })
  .map(({ lines, last, mark }) =>
    concat([
      ...(mark ? [Uint8Array.of(0xef, 0xbb, 0xbf)] : []),
      ...lines.flatMap(([line, end]) => [line, encoder.encode(end)]),
      ...(last === undefined ? [] : [last]),
    ]),
  );
const lineFormat = fc.constantFrom("jsonl", "text");
/** Longer than the longest line, or so short that many lines are rejects. */
const maxRecord = fc.oneof(fc.constant(1 << 20), fc.integer({ min: 1, max: 12 }));

interface Cutting {
  readonly chunkBytes: number;
  readonly readBytes: number;
  readonly begin?: number;
}

function readInChunks(bytes: Uint8Array, name: string, most: number, cutting: Cutting): Found[] {
  const { chunkBytes, readBytes, begin = 0 } = cutting;
  const reader = createReader(name, most);
  const range: FileRange = { file: fileOf(bytes, readBytes), name: "input", begin, end: bytes.length };
  const collector = new Collector();
  for (let start = begin; start < bytes.length; start += chunkBytes) {
    const end = Math.min(start + chunkBytes, bytes.length);
    reader.readRange(range, start, end, Math.min(bytes.length, end + 2 * chunkBytes), collector.take);
  }
  return collector.found;
}

test("chunks of any size hold together what a plain split finds", () => {
  const cutting = fc.record({
    chunkBytes: fc.integer({ min: 1, max: 80 }),
    readBytes: fc.integer({ min: 1, max: 64 }),
  });
  fc.assert(
    fc.property(input, lineFormat, maxRecord, cutting, (bytes, name, most, how) => {
      const expected = plainSplit(bytes, 0, lineCodec(name), most);
      assert.deepEqual(readInChunks(bytes, name, most, how), expected);
    }),
    { numRuns: 600 },
  );
});

test("records that end in a zero byte are found whatever else is in them", () => {
  const zeros = input.map((bytes) => bytes.map((byte, i) => (byte === 10 && i % 2 === 0 ? 0 : byte)));
  fc.assert(
    fc.property(zeros, fc.integer({ min: 1, max: 60 }), (bytes, chunkBytes) => {
      const expected = plainSplit(bytes, 0, lineCodec("nul"), 1 << 20);
      assert.deepEqual(readInChunks(bytes, "nul", 1 << 20, { chunkBytes, readBytes: 1000 }), expected);
    }),
    { numRuns: 200 },
  );
});

test("an input that is read from its middle on starts there, and has no byte order mark", () => {
  fc.assert(
    fc.property(input, lineFormat, fc.nat(), fc.integer({ min: 1, max: 40 }), (bytes, name, from, chunkBytes) => {
      const begin = bytes.length === 0 ? 0 : from % bytes.length;
      const expected = plainSplit(bytes, begin, lineCodec(name), 1 << 20);
      assert.deepEqual(readInChunks(bytes, name, 1 << 20, { chunkBytes, readBytes: 1000, begin }), expected);
    }),
    { numRuns: 200 },
  );
});

test("a range cut in two anywhere gives the records of the whole range", () => {
  fc.assert(
    fc.property(input, lineFormat, maxRecord, fc.tuple(place, place, place), (bytes, name, most, places) => {
      const [start, mid, end] = places.map((at) => Math.round(at * bytes.length)).sort((a, b) => a - b) as [
        number,
        number,
        number,
      ];
      const range: FileRange = { file: fileOf(bytes, 1000), name: "input", begin: 0, end: bytes.length };
      const read = (...cuts: [number, number][]) => {
        const reader = createReader(name, most);
        const collector = new Collector();
        for (const [from, to] of cuts) if (from < to) reader.readRange(range, from, to, to, collector.take);
        return collector.found;
      };
      assert.deepEqual(read([start, mid], [mid, end]), read([start, end]));
    }),
    { numRuns: 400 },
  );
});

test("a block of a stream, cut anywhere, holds what a plain split finds, at the block's own offset", () => {
  const bases = fc.tuple(fc.integer({ min: 1, max: 1 << 40 }), fc.integer({ min: 1, max: 60 }));
  fc.assert(
    fc.property(input, lineFormat, maxRecord, bases, (bytes, name, most, [base, chunkBytes]) => {
      for (const offset of [0, base]) {
        const collector = new Collector();
        const reader = createReader(name, most);
        for (let at = offset; at < offset + bytes.length; at += chunkBytes)
          reader.readBlock(bytes, offset, at, at + chunkBytes, collector.take);
        const begin = offset === 0 ? bytes : concat([Uint8Array.of(10), bytes]);
        const shift = offset === 0 ? 0 : offset - 1;
        const expected = plainSplit(begin, offset === 0 ? 0 : 1, lineCodec(name), most);
        assert.deepEqual(
          collector.found,
          expected.map((found) => ({ ...found, offset: found.offset + shift })),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test("records longer than any window of the reader are found at any chunk size", () => {
  const word = "é€😀a".repeat(10_000);
  const lines = [1, "short", word, word + word + word, 2, word.repeat(8), 3].map((value) => JSON.stringify(value));
  for (const end of ["", "\n"]) {
    const bytes = encoder.encode(lines.join("\n") + end);
    for (const name of ["jsonl", "text"] as const) {
      for (const chunkBytes of [5_000, 33_333, 262_144, 300_001, 10_000_000]) {
        for (const most of [1 << 30, 150_000]) {
          const expected = plainSplit(bytes, 0, lineCodec(name), most);
          const found = readInChunks(bytes, name, most, { chunkBytes, readBytes: 100_000 });
          assert.deepEqual(shorten(found), shorten(expected), `${name}, chunks of ${chunkBytes}, at most ${most}`);
        }
      }
    }
  }
});

/** A message with half a megabyte in it helps no one. */
function shorten(found: readonly Found[]): unknown[] {
  return found.map(({ value, ...place }) => {
    const json = JSON.stringify(value);
    return { ...place, bytes: json.length, start: json.slice(0, 20), end: json.slice(-20) };
  });
}

test("an over-long first record is behind the byte order mark, whether or not its end has been read", () => {
  for (const length of [20, 100_000]) {
    const bytes = encoder.encode(`\ufeff"${"x".repeat(length)}"\n1\n`);
    for (const chunkBytes of [10, 1_000_000]) {
      const found = readInChunks(bytes, "jsonl", 10, { chunkBytes, readBytes: 1 << 20 });
      assert.deepEqual(shorten(found), shorten(plainSplit(bytes, 0, lineCodec("jsonl"), 10)));
    }
  }
});

test("the chunks of the bytes format are whole lines, and together the whole input", () => {
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 60 }), (bytes, chunkBytes) => {
      const reader = createReader("bytes", 1 << 20);
      const range: FileRange = { file: fileOf(bytes, 1000), name: "input", begin: 0, end: bytes.length };
      const pieces: Uint8Array[] = [];
      const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
      let at = mark;
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        const end = Math.min(start + chunkBytes, bytes.length);
        reader.readRange(range, start, end, end, (part) => {
          if (!("cursor" in part)) throw new Error("a reject where there can be none");
          assert.equal(part.cursor.advance(), true);
          assert.equal(part.cursor.offset(), at);
          const piece = (part.cursor.read() as Uint8Array).slice();
          pieces.push(piece);
          at += piece.length;
          assert.ok(at === bytes.length || piece.at(-1) === 10, "a line was cut");
          assert.equal(part.cursor.advance(), false);
          return true;
        });
      }
      assert.deepEqual(concat(pieces), bytes.slice(mark));
    }),
    { numRuns: 200 },
  );
});

test("a file that has shrunk since the job started is an error that names it", () => {
  const bytes = encoder.encode("1\n2\n3\n");
  const range: FileRange = { file: fileOf(bytes, 1000), name: "input.jsonl", begin: 0, end: 10 };
  const read = () => createReader("jsonl", 100).readRange(range, 0, 10, 10, () => true);
  assert.throws(read, (error) => error instanceof JobError && error.message.includes('"input.jsonl"'));
});
