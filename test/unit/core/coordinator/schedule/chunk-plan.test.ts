// laws: the plan covers every byte exactly once, and where chunks begin does not depend on what goes out together.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import type { FileSource, Source, StreamSource } from "../../../../../core/coordinator/job/source.ts";
import { MAX_LEVEL } from "../../../../../core/coordinator/schedule/batch-end.ts";
import { chunkSize, Plan, type PlanOptions } from "../../../../../core/coordinator/schedule/chunk-plan.ts";
import { chunkAt, type Grid, mostOf } from "../../../../../core/protocol/chunk-grid.ts";
import { cutterOf, hows } from "../../../../support/plans.ts";

const noStream: PlanOptions["cut"] = () => {
  throw new Error("there is no stream to cut");
};

const file = fc
  .tuple(fc.oneof(fc.constantFrom(0, 1), fc.nat(5000)), fc.oneof(fc.constant(0), fc.nat(100)))
  .map(([size, begin], i = 0): FileSource => {
    return { kind: "file", name: `f${i}`, path: `/f${i}`, begin: Math.min(begin, size), end: size };
  });
const files = fc.array(file, { maxLength: 12 });
/** How many bytes are asked for, one time after the other. */
const asked = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50_000 })), { minLength: 1, maxLength: 8 });

async function spansOf(options: PlanOptions, asked: readonly number[]): Promise<Batch[]> {
  const plan = new Plan(options);
  const batches: Batch[] = [];
  for (let i = 0; ; i++) {
    const leftBefore = plan.left;
    const batch = await plan.next(asked[i % asked.length] as number);
    if (batch === undefined) break;
    if (leftBefore !== undefined) assert.equal(plan.left, leftBefore - batch.bytes, "what is left is wrong");
    assert.ok(batch.bytes > 0);
    batches.push(batch);
  }
  assert.equal(plan.left ?? 0, 0);
  assert.equal(await plan.next(1), undefined);
  return batches;
}

interface Part {
  readonly source: number;
  readonly start: number;
  readonly end: number;
}

/** Adjacent parts of a source as one. */
function joined(batches: readonly Batch[]): Part[] {
  const parts: { source: number; start: number; end: number }[] = [];
  for (const { source, start, end } of batches.flatMap(({ segments }) => segments)) {
    const last = parts.at(-1);
    if (last !== undefined && last.source === source && last.end === start) last.end = end;
    else parts.push({ source, start, end });
  }
  return parts;
}

function wholeOf(sources: readonly Source[]): Part[] {
  return sources.flatMap((source, i) =>
    source.kind === "file" && source.end > source.begin ? [{ source: i, start: source.begin, end: source.end }] : [],
  );
}

/** The chunks of a batch, as a worker numbers them: those that it ends. */
function chunksOf(batch: Batch, grid: Grid): number[] {
  const chunks = new Set<number>();
  for (const { start, end, shift } of batch.segments)
    for (let at = start + shift; at < end + shift; at = chunkAt(grid, at).end) chunks.add(chunkAt(grid, at).index);
  return [...chunks];
}

test("every byte of every file is in exactly one batch, in order, whatever is asked for", async () => {
  await fc.assert(
    fc.asyncProperty(files, hows, asked, async (sources, how, counts) => {
      const batches = await spansOf({ ...how, sources, cut: noStream }, counts);
      assert.deepEqual(joined(batches), wholeOf(sources));
    }),
    { numRuns: 400 },
  );
});

test("on the grid files follow each other, as they would in one file", async () => {
  await fc.assert(
    fc.asyncProperty(files, hows, asked, async (sources, how, counts) => {
      let behind = 0;
      for (const { segments } of await spansOf({ ...how, sources, cut: noStream }, counts)) {
        for (const { start, end, shift } of segments) {
          assert.equal(start + shift, behind);
          behind = end + shift;
        }
      }
    }),
  );
});

test("where chunks are seen, no chunk is in two batches, and none is left out", async () => {
  const seen = hows.filter(({ use }) => use !== "unseen");
  await fc.assert(
    fc.asyncProperty(files, seen, asked, async (sources, how, counts) => {
      const batches = await spansOf({ ...how, sources, cut: noStream }, counts);
      const chunks = batches.flatMap((batch) => chunksOf(batch, how.grid));
      assert.deepEqual(chunks, [...chunks.keys()]);
    }),
    { numRuns: 300 },
  );
});

test("a batch has no more than was asked for, or one chunk, and is aligned like the nodes of the merge tree", async () => {
  await fc.assert(
    fc.asyncProperty(files, hows, asked, async (sources, how, counts) => {
      const batches = await spansOf({ ...how, sources, cut: noStream }, counts);
      for (const [i, batch] of batches.entries()) {
        const chunks = chunksOf(batch, how.grid);
        const most = Math.min(counts[i % counts.length] as number, how.maxBatchBytes);
        assert.ok(chunks.length === 1 || batch.bytes <= most + mostOf(how.grid), "more bytes than asked for");
        if (how.use !== "merged" || i === batches.length - 1) continue;
        const level = Math.log2(chunks.length);
        assert.ok(Number.isInteger(level) && level <= MAX_LEVEL, `${chunks.length} chunks`);
        assert.equal((chunks[0] as number) % chunks.length, 0, "not at a multiple of its size");
      }
    }),
    { numRuns: 300 },
  );
});

test("where chunks are not seen, a batch may be a part of one: a short one first, and others as slow records want it", async () => {
  const grid = { least: 100_000, doublings: 0, parts: 1 };
  const sources: FileSource[] = [{ kind: "file", name: "f", path: "/f", begin: 0, end: 1_000_000 }];
  const endsOf = async (use: "unseen" | "seen") => {
    const plan = new Plan({ grid, use, maxBatchBytes: 1 << 20, sources, cut: noStream });
    const ends: (number | undefined)[] = [];
    const next = async (wanted: number, batchBytes: number) => {
      const pace = { asynchronous: false, batchBytes, recordBytes: 200 };
      ends.push((await plan.next(wanted, pace))?.segments[0]?.end);
    };
    for (const wanted of [0, 3000.5, 90_000, 99_999, 250_000, 0, 70]) await next(wanted, wanted);
    // Near the end less is wanted, and not because records are slow.
    await next(70, 100_000);
    return ends;
  };
  assert.deepEqual(await endsOf("unseen"), [512, 3513, 93_513, 100_000, 300_000, 300_512, 300_712, 400_000]);
  assert.deepEqual(await endsOf("seen"), [100_000, 200_000, 300_000, 400_000, 600_000, 700_000, 800_000, 900_000]);
});

test("ten thousand tiny files do not go out in one message, and a chunk of them is in one", async () => {
  const sources = Array.from({ length: 10_000 }, (_, i): FileSource => {
    return { kind: "file", name: `${i}`, path: `/${i}`, begin: 0, end: i % 3 };
  });
  const grid = { least: 128, doublings: 3, parts: 4 };
  for (const use of ["unseen", "merged"] as const) {
    const how = { grid, use, maxBatchBytes: 1 << 20, sources, cut: noStream };
    const batches = await spansOf(how, [1 << 20]);
    const most = use === "unseen" ? 256 : 256 + mostOf(grid);
    assert.ok(Math.max(...batches.map(({ segments }) => segments.length)) <= most);
    assert.deepEqual(joined(batches), wholeOf(sources));
    if (use === "unseen") continue;
    const chunks = batches.flatMap((batch) => chunksOf(batch, grid));
    assert.deepEqual(chunks, [...chunks.keys()]);
  }
});

test("nothing but empty files is nothing to do", async () => {
  const empty: FileSource = { kind: "file", name: "empty", path: "/empty", begin: 0, end: 0 };
  for (const sources of [[], [empty], Array.from({ length: 1000 }, () => empty)]) {
    const grid = { least: 10, doublings: 0, parts: 1 };
    const how = { sources, grid, use: "merged", maxBatchBytes: 100, cut: noStream } as const;
    assert.deepEqual(await spansOf(how, [1]), []);
  }
});

test("streams and files are covered in the order given, and a stream begins a chunk", async () => {
  const stream = fc.nat(3000).map((length) => ({ length }));
  const mixed = fc.array(fc.oneof(file, stream), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(mixed, hows, asked, fc.integer({ min: 1, max: 500 }), async (all, how, counts, pieceBytes) => {
      const lengths = new Map<Source, number>();
      const sources = all.map((each): Source => {
        if (!("length" in each)) return each;
        const source: StreamSource = { kind: "stream", name: "-", read: async () => undefined };
        lengths.set(source, each.length);
        return source;
      });
      const cut: PlanOptions["cut"] = (source) => cutterOf(lengths.get(source) as number, pieceBytes);
      const batches = await spansOf({ ...how, sources, cut }, counts);
      const expected = sources.flatMap((source, i): Part[] => {
        const [start, end] = source.kind === "file" ? [source.begin, source.end] : [0, lengths.get(source) as number];
        return end > start ? [{ source: i, start, end }] : [];
      });
      assert.deepEqual(joined(batches), expected);
      for (const { block, segments } of batches) {
        const [first] = segments;
        assert.equal(block !== undefined, sources[first?.source ?? 0]?.kind === "stream");
      }
      if (how.use === "unseen") return;
      const chunks = batches.flatMap((batch) => chunksOf(batch, how.grid));
      assert.deepEqual(chunks, [...chunks.keys()], "a chunk is in two batches, or left out");
    }),
    { numRuns: 300 },
  );
});

test("a plan that goes on behind any batch gives the rest, on the same grid", async () => {
  await fc.assert(
    fc.asyncProperty(files, hows, asked, fc.nat(20), async (sources, how, counts, after) => {
      const options = { ...how, sources, cut: noStream };
      const batches = await spansOf(options, counts);
      const before = batches.slice(0, after + 1);
      const last = before.at(-1);
      if (last === undefined) return;
      const plan = new Plan(options);
      plan.startAt(JSON.parse(JSON.stringify(last.next)));
      const rest: Batch[] = [];
      for (let batch = await plan.next(3); batch !== undefined; batch = await plan.next(3)) rest.push(batch);
      assert.deepEqual(joined([...before, ...rest]), wholeOf(sources));
      const shifts = (all: readonly Batch[]) =>
        new Map(all.flatMap(({ segments }) => segments.map((s) => [s.source, s.shift])));
      assert.deepEqual(shifts([...before, ...rest]), shifts(batches));
    }),
  );
});

test("a chunk's size follows the input's where chunks are not seen, between its bounds", () => {
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
