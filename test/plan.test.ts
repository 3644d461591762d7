// laws: the plan covers every byte exactly once, and where chunks begin does not depend on how many go out together.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chunkSize, type FileSource, MAX_LEVEL, Plan, type PlanOptions, type Source, type Span } from "../core/plan.ts";

const noStream: PlanOptions["cut"] = () => {
  throw new Error("there is no stream to cut");
};

const file = fc
  .tuple(fc.oneof(fc.constantFrom(0, 1), fc.nat(5000)), fc.oneof(fc.constant(0), fc.nat(100)))
  .map(([size, begin], i = 0): FileSource => {
    return { kind: "file", name: `f${i}`, path: `/f${i}`, begin: Math.min(begin, size), end: size };
  });
const files = fc.array(file, { maxLength: 12 });
/** How many chunks are asked for, one time after the other. */
const asked = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 });
const sizes = fc.record({
  chunkBytes: fc.integer({ min: 1, max: 600 }),
  maxSpanBytes: fc.integer({ min: 600, max: 4000 }),
  aligned: fc.boolean(),
});

async function spansOf(options: PlanOptions, asked: readonly number[]): Promise<Span[]> {
  const plan = new Plan(options);
  const spans: Span[] = [];
  for (let i = 0; ; i++) {
    const leftBefore = plan.left;
    const span = await plan.next(asked[i % asked.length] as number);
    if (span === undefined) break;
    if (leftBefore !== undefined) assert.equal(plan.left, leftBefore - span.bytes, "what is left is wrong");
    spans.push(span);
  }
  assert.equal(plan.left ?? 0, 0);
  assert.equal(await plan.next(1), undefined);
  return spans;
}

interface Chunk {
  readonly source: number;
  readonly start: number;
  readonly end: number;
}

/** The chunks of a span, as a worker cuts them. */
function chunksOf(span: Span): Chunk[] {
  return span.segments.flatMap(({ source, start, end, chunkBytes }) => {
    const chunks: Chunk[] = [];
    for (let at = start; at < end; at += chunkBytes)
      chunks.push({ source, start: at, end: Math.min(at + chunkBytes, end) });
    return chunks;
  });
}

/** Every file cut every `chunkBytes`, and nothing else. */
function plainChunks(sources: readonly Source[], chunkBytes: number): Chunk[] {
  return sources.flatMap((source, i) => {
    const chunks: Chunk[] = [];
    if (source.kind === "stream") return chunks;
    for (let start = source.begin; start < source.end; start += chunkBytes) {
      chunks.push({ source: i, start, end: Math.min(start + chunkBytes, source.end) });
    }
    return chunks;
  });
}

test("every byte of every file is in exactly one chunk, whatever is asked for", async () => {
  await fc.assert(
    fc.asyncProperty(files, sizes, asked, async (sources, size, counts) => {
      const options = { ...size, sources, cut: noStream, rangeCount: undefined };
      const spans = await spansOf(options, counts);
      assert.deepEqual(spans.flatMap(chunksOf), plainChunks(sources, size.chunkBytes));
    }),
    { numRuns: 400 },
  );
});

test("chunks are numbered on from 0, and a span says how many it has", async () => {
  await fc.assert(
    fc.asyncProperty(files, sizes, asked, async (sources, size, counts) => {
      const spans = await spansOf({ ...size, sources, cut: noStream, rangeCount: undefined }, counts);
      let chunk = 0;
      for (const span of spans) {
        assert.equal(span.chunk, chunk);
        assert.equal(span.chunks, chunksOf(span).length);
        chunk += span.chunks;
      }
    }),
  );
});

test("a span has no more than was asked for, and is aligned like the nodes of the merge tree where there are partials", async () => {
  await fc.assert(
    fc.asyncProperty(files, sizes, asked, async (sources, size, counts) => {
      const spans = await spansOf({ ...size, sources, cut: noStream, rangeCount: undefined }, counts);
      spans.forEach((span, i) => {
        const level = Math.ceil(Math.log2(span.chunks));
        if (size.aligned) assert.equal(span.chunk % 2 ** level, 0, "not at a multiple of its size");
        assert.equal(span.chunks <= (counts[i % counts.length] as number), true, "more chunks than asked for");
        if (size.aligned) assert.equal(level <= MAX_LEVEL, true);
        assert.equal(span.chunks === 1 || span.bytes < size.maxSpanBytes + size.chunkBytes, true, "too many bytes");
      });
    }),
    { numRuns: 300 },
  );
});

test("ten thousand tiny files do not go out in one message", async () => {
  const sources = Array.from({ length: 10_000 }, (_, i): FileSource => {
    return { kind: "file", name: `${i}`, path: `/${i}`, begin: 0, end: i % 3 };
  });
  const how = { chunkBytes: 128, maxSpanBytes: 1 << 20, aligned: false };
  const spans = await spansOf({ ...how, sources, cut: noStream, rangeCount: undefined }, [5000]);
  assert.equal(Math.max(...spans.map(({ segments }) => segments.length)) <= 256, true);
  assert.deepEqual(spans.flatMap(chunksOf), plainChunks(sources, 128));
});

test("nothing but empty files is nothing to do", async () => {
  const empty: FileSource = { kind: "file", name: "empty", path: "/empty", begin: 0, end: 0 };
  for (const sources of [[], [empty], Array.from({ length: 1000 }, () => empty)]) {
    const options = { sources, chunkBytes: 10, maxSpanBytes: 100, aligned: true, cut: noStream, rangeCount: undefined };
    assert.deepEqual(await spansOf(options, [1]), []);
  }
});

test("every number of a range is in exactly one chunk, whatever is asked for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5000), sizes, asked, async (count, size, counts) => {
      const spans = await spansOf({ ...size, sources: [], cut: noStream, rangeCount: count }, counts);
      const whole: FileSource = { kind: "file", name: "", path: "", begin: 0, end: count };
      assert.deepEqual(spans.flatMap(chunksOf), plainChunks([whole], size.chunkBytes));
      if (!size.aligned) return;
      for (const { chunk, chunks } of spans) assert.equal(chunk % 2 ** Math.ceil(Math.log2(chunks)), 0);
    }),
  );
});

test("streams and files are covered in the order given, a block of a stream being a chunk", async () => {
  const sizesOfBlocks = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 4 });
  const mixed = fc.array(fc.oneof(file, sizesOfBlocks), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(mixed, sizes, asked, async (all, size, counts) => {
      const blocks = new Map<Source, number[]>();
      const sources = all.map((each): Source => {
        if (!Array.isArray(each)) return each;
        const stream: Source = { kind: "stream", name: "-", read: async () => undefined };
        blocks.set(stream, each);
        return stream;
      });
      const cut: PlanOptions["cut"] = (source) => {
        const left = [...(blocks.get(source) ?? [])];
        let offset = 0;
        return {
          async next() {
            const length = left.shift();
            if (length === undefined) return undefined;
            offset += length;
            return { bytes: [new Uint8Array(length)], offset: offset - length, length };
          },
        };
      };
      const spans = await spansOf({ ...size, sources, cut, rangeCount: undefined }, counts);
      const expected = sources.flatMap((source, i) => {
        let at = 0;
        const ofStream = (blocks.get(source) ?? []).map((length) => {
          at += length;
          return { source: i, start: at - length, end: at };
        });
        const alone = plainChunks([source], size.chunkBytes).map((chunk) => ({ ...chunk, source: i }));
        return [...ofStream, ...alone];
      });
      assert.deepEqual(spans.flatMap(chunksOf), expected);
      let chunk = 0;
      for (const span of spans) {
        assert.equal(span.chunk, chunk);
        assert.equal(span.block !== undefined, sources[span.segments[0]?.source ?? 0]?.kind === "stream");
        chunk += span.chunks;
      }
    }),
    { numRuns: 300 },
  );
});

test("a plan that goes on behind any span gives the rest", async () => {
  await fc.assert(
    fc.asyncProperty(files, sizes, asked, fc.nat(20), async (sources, size, counts, after) => {
      const options = { ...size, sources, cut: noStream, rangeCount: undefined };
      const spans = await spansOf(options, counts);
      const before = spans.slice(0, after + 1);
      const last = before.at(-1);
      if (last === undefined) return;
      const plan = new Plan(options);
      plan.startAt(last.next);
      const rest: Span[] = [];
      for (let span = await plan.next(3); span !== undefined; span = await plan.next(3)) rest.push(span);
      assert.deepEqual([...before, ...rest].flatMap(chunksOf), plainChunks(sources, size.chunkBytes));
      assert.equal(rest[0]?.chunk ?? last.next.chunk, last.chunk + last.chunks);
    }),
  );
});

test("a chunk's size follows the input's, between its bounds", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.integer({ min: 200, max: 2 ** 22 }), (total, most) => {
      const size = chunkSize(total, most);
      assert.equal(Number.isInteger(size) && size >= 128 && size <= most, true);
      assert.equal(size === most || Math.ceil(total / size) <= 1024, true, "too many chunks");
    }),
  );
  assert.equal(chunkSize(0, 1000), 128);
  assert.equal(chunkSize(10, 1000, 1), 1);
});
