// laws: however a span is split, and what is left of it again, every byte is in one portion, in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { joinPieces } from "../core/frames.ts";
import { Plan, type Span } from "../core/plan.ts";
import { firstPortion, type PortionOptions, splitSpan } from "../core/split.ts";

const LINE_FEED = 10;
const wanted = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 5, noNaN: true })), {
  minLength: 1,
  maxLength: 6,
});
const how = { separator: LINE_FEED } as const;

function portionsOf(whole: Span, chunks: readonly number[], options: Omit<PortionOptions, "chunks">): Span[] {
  const portions: Span[] = [];
  let left: Span | undefined = whole;
  for (let i = 0; left !== undefined; i++) {
    const [portion, rest]: readonly [Span, Span | undefined] = firstPortion(left, {
      ...options,
      chunks: chunks[i % chunks.length] as number,
    });
    portions.push(portion);
    left = rest;
    assert.ok(i < 20_000, "there is no end");
  }
  return portions;
}

/** Adjacent parts of a source as one. */
function joined(spans: readonly Span[]): { source: number; start: number; end: number }[] {
  const parts: { source: number; start: number; end: number }[] = [];
  for (const { source, start, end } of spans.flatMap(({ segments }) => segments)) {
    const last = parts.at(-1);
    if (last !== undefined && last.source === source && last.end === start) last.end = end;
    else parts.push({ source, start, end });
  }
  return parts;
}

async function spanOf(sizes: readonly number[], chunkBytes: number): Promise<Span | undefined> {
  const sources = sizes.map((end, i) => ({ kind: "file", name: `${i}`, path: `/${i}`, begin: 0, end }) as const);
  const cut = () => assert.fail("there is no stream");
  return new Plan({ sources, chunkBytes, maxSpanBytes: 1 << 20, cut, rangeCount: undefined, aligned: true }).next(4096);
}

const sizesOfFiles = fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 });
const chunkSizes = fc.integer({ min: 1, max: 1000 });

test("portions of files have every byte once, in order, and each says where the next one begins", async () => {
  await fc.assert(
    fc.asyncProperty(sizesOfFiles, chunkSizes, wanted, fc.boolean(), async (sizes, size, chunks, splitsChunks) => {
      const span = await spanOf(sizes, size);
      if (span === undefined) return;
      const portions = portionsOf(span, chunks, { ...how, splitsChunks });
      assert.deepEqual(joined(portions), joined([span]));
      assert.equal(
        portions.reduce((sum, { bytes }) => sum + bytes, 0),
        span.bytes,
      );
      assert.deepEqual(portions.at(-1)?.next, span.next);
      portions.slice(1).forEach(({ segments: [first] }, i) => {
        const { source, at } = (portions[i] as Span).next;
        assert.deepEqual({ source, at }, { source: first?.source, at: first?.start });
      });
    }),
    { numRuns: 300 },
  );
});

test("where chunks can be seen in the output, portions are of whole chunks, numbered on", async () => {
  await fc.assert(
    fc.asyncProperty(sizesOfFiles, chunkSizes, wanted, async (sizes, size, chunks) => {
      const span = await spanOf(sizes, size);
      if (span === undefined) return;
      let chunk = span.chunk;
      for (const portion of portionsOf(span, chunks, { ...how, splitsChunks: false })) {
        assert.equal(portion.chunk, chunk);
        for (const { start } of portion.segments) assert.equal(start % size, 0, "not at a chunk's border");
        assert.equal(
          portion.segments.reduce((sum, { start, end }) => sum + Math.ceil((end - start) / size), 0),
          portion.chunks,
        );
        chunk += portion.chunks;
      }
      assert.equal(chunk, span.chunk + span.chunks);
    }),
    { numRuns: 200 },
  );
});

test("a block of a stream is split behind a separator, and no byte of it is lost", () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 400 }), {
    minLength: 1,
    maxLength: 12,
  });
  const cuts = fc.array(fc.nat(3000), { maxLength: 4 });
  fc.assert(
    fc.property(lines, cuts, wanted, fc.nat(1000), (all, at, chunks, offset) => {
      const bytes = new TextEncoder().encode(`${all.join("\n")}\n`);
      const borders = [0, ...at.map((n) => Math.min(n, bytes.length)).sort((a, b) => a - b), bytes.length];
      const block = borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
      const end = offset + bytes.length;
      const segments = [{ source: 0, start: offset, end, chunkBytes: bytes.length }];
      const next = { chunk: 1, source: 0 };
      const span: Span = { next, chunk: 0, chunks: 1, segments, block, bytes: bytes.length };
      const parts = portionsOf(span, chunks, { ...how, splitsChunks: true });
      for (const { block, bytes, segments } of parts) {
        const part = joinPieces(block ?? []);
        assert.equal(part.at(-1), LINE_FEED);
        assert.equal(part.length, bytes);
        assert.deepEqual([segments.length, (segments[0]?.end ?? 0) - (segments[0]?.start ?? 0)], [1, bytes]);
      }
      assert.deepEqual(joinPieces(parts.flatMap(({ block }) => block ?? [])), bytes);
      assert.deepEqual(joined(parts), joined([span]));
    }),
    { numRuns: 300 },
  );
});

test("numbers of a range are split between any two", async () => {
  const cut = () => assert.fail("there is no stream");
  const options = { sources: [], chunkBytes: 10, maxSpanBytes: 1000, cut, rangeCount: 25, aligned: true };
  const span = (await new Plan(options).next(4)) as Span;
  const parts = portionsOf(span, [0.3], { ...how, splitsChunks: true });
  assert.deepEqual(
    parts.map(({ segments: [part] }) => (part?.end ?? 0) - (part?.start ?? 0)),
    [...Array(8).fill(3), 1],
  );
});

test("a cut between two files leaves nothing of the second in the head", async () => {
  const span = (await spanOf([50, 70], 10)) as Span;
  const [head, rest] = splitSpan(span, { segment: 1, at: 0 });
  assert.deepEqual(joined([head]), [{ source: 0, start: 0, end: 50 }]);
  assert.deepEqual(joined([rest]), [{ source: 1, start: 0, end: 70 }]);
  assert.deepEqual([head.chunks, rest.chunk, rest.chunks, head.bytes, rest.bytes], [5, 5, 7, 50, 70]);
});
