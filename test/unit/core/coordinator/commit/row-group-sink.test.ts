// Where row groups are cut: by the text of the rows alone, whatever pieces it comes in.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { byteCount, joinPieces, slicePieces } from "../../../../../core/bytes.ts";
import { createRowGroupSink } from "../../../../../core/coordinator/commit/row-group-sink.ts";
import { createStreamSink } from "../../../../../core/coordinator/commit/sinks.ts";
import type { AskWorker } from "../../../../../core/coordinator/workers/call-any.ts";
import { NO_ENDS } from "../../../../../core/formats/format.ts";

const { text } = await loadRuntime();
const MEBIBYTE = 1024 * 1024;
const GROUP = 8 * MEBIBYTE;

interface Asked {
  readonly make: string;
  readonly bytes: number;
}

/** A sink whose workers make ten bytes of each group, and what they have been asked for. */
function sinkWith(given: readonly string[], most = 2) {
  const asked: Asked[] = [];
  const written: Uint8Array[] = [];
  const groups: { at: number; note: string }[] = [];
  let open = 0;
  let mostOpen = 0;
  const ask = (async (request: { make: string; columns: readonly string[] }, body: readonly Uint8Array[]) => {
    asked.push({ make: request.make, bytes: byteCount(body) });
    mostOpen = Math.max(mostOpen, ++open);
    // Later ones are sooner done.
    for (let turn = 0; turn < (10 - asked.length) * 3; turn++) await Promise.resolve();
    open--;
    const output = new Uint8Array(request.make === "group" ? 10 : request.make === "end" ? 3 : 0);
    if (request.make === "end") {
      const lines = text.decode(joinPieces(body), 0, byteCount(body)).trim();
      if (lines !== "") groups.push(...lines.split("\n").map((line) => JSON.parse(line)));
    }
    const done = {
      bytes: output.length,
      note: `n${body[0]?.[0]}`,
      columns: request.make === "columns" ? ["a:json?"] : undefined,
    };
    return { tag: "done", done, body: [output] };
  }) as unknown as AskWorker;
  const stream = { write: (pieces: readonly Uint8Array[]) => void written.push(...pieces) };
  const file = createStreamSink(stream, { ...NO_ENDS, head: "PAR1" }, text);
  const format = { given: () => given, areKnown: (each: readonly string[]) => each[0] !== "...", takeAll: () => true };
  const sink = createRowGroupSink({ file, ask, text, most: () => most, given, format, headBytes: 4, name: "x" });
  return { sink, asked, groups, written, mostOpen: () => mostOpen };
}

/** Rows of a mebibyte each, and of odd lengths. */
function rowsOf(lengths: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0)).fill(120);
  let end = 0;
  for (const length of lengths) {
    end += length;
    bytes[end - 1] = 10;
  }
  return bytes;
}

test("groups end behind the row in which they are full, and pieces do not matter", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 3 * MEBIBYTE }), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(
      lengths,
      fc.array(fc.nat(30 * MEBIBYTE), { maxLength: 6 }),
      fc.boolean(),
      async (rows, cuts, known) => {
        const bytes = rowsOf(rows);
        const expected: number[] = [0];
        for (const length of rows) {
          if ((expected.at(-1) as number) >= GROUP) expected.push(0);
          expected[expected.length - 1] = (expected.at(-1) as number) + length;
        }
        const { sink, asked, groups, mostOpen, written } = sinkWith(known ? ["a:json"] : ["..."]);
        // Batches end behind rows.
        const ends = [...cuts.map((cut) => bytes.indexOf(10, Math.min(cut, bytes.length - 1)) + 1), bytes.length].sort(
          (a, b) => a - b,
        );
        let at = 0;
        for (const end of ends) {
          const output = { tag: "here", pieces: slicePieces([bytes], at, end) } as const;
          const columns = sink.columnsFor?.(output);
          if (columns !== undefined) assert.deepEqual(await columns, known ? ["a:json"] : ["a:json?"]);
          await sink.commit(output, () => assert.fail());
          at = end;
        }
        await sink.finish();
        assert.deepEqual(
          asked.filter(({ make }) => make === "group").map(({ bytes: length }) => length),
          expected,
        );
        const first = asked.filter(({ make }) => make === "columns").map(({ bytes: length }) => length);
        assert.deepEqual(first, known ? [] : expected.slice(0, 1));
        assert.deepEqual(
          groups.map((group) => group.at),
          expected.map((_, i) => 4 + i * 10),
        );
        assert.equal(byteCount(written), 4 + 10 * expected.length + 3);
        assert.ok(mostOpen() <= 2, `${mostOpen()} at a time`);
      },
    ),
    { numRuns: 40 },
  );
});

test("of a batch that is many groups no more are on their way than may be", async () => {
  const { sink, asked, mostOpen } = sinkWith(["a:json"]);
  const pieces = [rowsOf(Array.from({ length: 20 }, () => 2 * MEBIBYTE))];
  await sink.commit({ tag: "here", pieces }, () => assert.fail());
  await sink.finish();
  assert.deepEqual([asked.length, mostOpen()], [6, 2]);
});

test("rows that are too few to say the columns are not waited for, and no rows are told", async () => {
  const { sink, asked } = sinkWith(["..."]);
  assert.equal(sink.columnsFor?.({ tag: "here", pieces: [rowsOf([10])] }), undefined);
  assert.equal(sink.columns, undefined);
  assert.equal(asked.length, 0);
  const { sink: none } = sinkWith([]);
  await assert.rejects(none.finish(), /Cannot write "x": no row says what its columns are\nName them with --schema/);
});
