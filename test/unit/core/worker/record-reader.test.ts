// What reads a batch: one that still needs its bytes is not disturbed by the next.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { inputCodec } from "../../../../core/formats/codecs.ts";
import { rangeCodec } from "../../../../core/formats/range.ts";
import type { MapRequest } from "../../../../core/protocol/messages.ts";
import { createRecordReaders, type RecordReader } from "../../../../core/worker/record-reader.ts";
import { workerSettings } from "../../../support/worker-settings.ts";

const runtime = await loadRuntime();
const { createHost } = await runtime.loadHosting();
const host = createHost({ send() {}, receive() {} }, () => {});
const encoder = new TextEncoder();

const settings = workerSettings({
  from: "bytes",
  sources: [{ name: "-", path: undefined, begin: 0, end: 0 }],
  range: { from: 10, step: 5, count: 100 },
});

const request: MapRequest = {
  type: "map",
  id: 0,
  segments: [{ source: 0, start: 0, end: 4, shift: 0 }],
  blockStart: 0,
  limit: undefined,
  budgetMs: undefined,
  asynchronous: false,
  isolated: false,
  poisoned: [],
};

function recordsOf(reader: RecordReader, text: string): unknown[] {
  const records: unknown[] = [];
  const block = { start: 0, bytes: encoder.encode(text) };
  const segment = { source: 0, start: 0, end: text.length, shift: 0 };
  reader.read(segment, { batchEnd: text.length, block, dialect: undefined, aside: (work) => work() }, (part) => {
    if ("cursor" in part) while (part.cursor.advance()) records.push(part.cursor.read());
    return true;
  });
  return records;
}

const readersOf = (codec: Parameters<typeof createRecordReaders>[0]["codec"]) =>
  createRecordReaders({ codec, settings, host, fieldsFor: () => undefined });

test("a batch whose bytes are still needed has a reader of its own, and one that is given back is used again", () => {
  const readers = readersOf(inputCodec("jsonl"));
  const first = readers.readerFor(request);
  const second = readers.readerFor(request);
  assert.notEqual(first, second);
  readers.giveBack(second as RecordReader);
  assert.equal(readers.readerFor(request), second);
});

test("by its cut a format is read as lines or as units", () => {
  const lines = readersOf(inputCodec("text")).readerFor(request) as RecordReader;
  assert.deepEqual(recordsOf(lines, "a\nb\n"), ["a", "b"]);
  const numbers = readersOf(rangeCodec).readerFor(request) as RecordReader;
  assert.deepEqual(recordsOf(numbers, "abcd"), [10, 15, 20, 25]);
});

test("units that are loaded are waited for, and opened by what has been loaded", async () => {
  const loads: unknown[] = [];
  const { open } = rangeCodec.createReader({ range: settings.range } as never);
  const readers = readersOf({
    ...rangeCodec,
    createReader: () => ({
      open: () => assert.fail("nothing has been loaded"),
      async load(parts) {
        loads.push(...parts);
        return { open };
      },
    }),
  });
  const reader = readers.readerFor(request);
  assert.ok(reader instanceof Promise);
  assert.deepEqual(recordsOf(await reader, "ab"), [10, 15]);
  assert.deepEqual(loads, request.segments);
});
