// laws: groups come out as a plain fold has them, in the order of their keys, whichever workers wrote the runs, wherever the runs
// are cut; and a table that has been used before is like a new one.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { joinPieces } from "../../../../../core/bytes.ts";
import { cutByKeys } from "../../../../../core/coordinator/commit/key-ranges.ts";
import type { SpillFile } from "../../../../../core/platform/runtime.ts";
import { sortKeys } from "../../../../../core/protocol/group-keys.ts";
import type { SortedRun } from "../../../../../core/protocol/messages.ts";
import type { Key } from "../../../../../core/script/types.ts";
import { GroupEmitter } from "../../../../../core/worker/emitters/group.ts";
import type { GroupTable, KeysOfBlocks } from "../../../../../core/worker/emitters/group-table.ts";
import { mergeGroups } from "../../../../../core/worker/emitters/merge-groups.ts";
import { blocksOf, keysOf } from "../../../../../core/worker/emitters/sorted-run.ts";
import { readScript } from "../../../../../core/worker/script/script-exports.ts";

const { text } = await loadRuntime();

type Record = readonly [key: Key, value: unknown];

const lists = readScript("lists", {
  map: (record: Record) => record[1],
  key: (record: Record) => record[0],
  initial: [],
  reduce: (list: unknown[], value: unknown) => [...list, value],
  merge: (a: unknown[], b: unknown[]) => [...a, ...b],
});
const sums = readScript("sums", {
  map: (record: Record) => record[1],
  key: (record: Record) => record[0],
  reduce: (a: number, b: number) => a + b,
});

/** Spill files in memory, one a worker. */
class Spills {
  readonly #files: Uint8Array[][] = [];

  open(worker: number): SpillFile {
    this.#files[worker] ??= [];
    const pieces = this.#files[worker] as Uint8Array[];
    return {
      path: String(worker),
      append(bytes) {
        const at = joinPieces(pieces).length;
        pieces.push(bytes.slice());
        return at;
      },
      read: () => assert.fail("runs are read by slices"),
      close() {},
    };
  }

  read({ path, start, end }: { path: string; start: number; end: number }): Uint8Array {
    return joinPieces(this.#files[Number(path)] ?? []).slice(start, end);
  }
}

interface Chunk {
  readonly worker: number;
  readonly records: readonly Record[];
}

function write(
  chunks: readonly Chunk[],
  script: typeof lists,
  spillBytes: number,
  spills: Spills,
  keysOfBlocks: KeysOfBlocks = "the table",
): SortedRun[] {
  const tables: GroupTable[][] = [];
  return chunks.flatMap(({ worker, records }, index) => {
    tables[worker] ??= [];
    const emitter = new GroupEmitter({
      script,
      spill: () => spills.open(worker),
      spillBytes,
      keysOfBlocks,
      text,
      idleTables: tables[worker] as GroupTable[],
      aside: (work) => work(),
    });
    for (const record of records) emitter.emit(record[1], record);
    emitter.endChunk();
    if (records.length > 0) assert.equal(tables[worker]?.length, 1, `the table of chunk ${index} is given back`);
    return [...emitter.finish().runs];
  });
}

function merged(runs: readonly SortedRun[], script: typeof lists, rangeBytes: number, spills: Spills): unknown[] {
  const printed: unknown[] = [];
  for (const range of cutByKeys(runs, rangeBytes)) {
    mergeGroups({
      request: { type: "group", id: 0, ...range, columns: undefined },
      script,
      withKeys: false,
      text,
      read: (slice) => spills.read(slice),
      print: (value) => printed.push(value),
    });
  }
  return printed;
}

function folded(chunks: readonly Chunk[]): unknown[] {
  const groups = new Map<Key, unknown[]>();
  for (const { records } of chunks) {
    for (const [key, value] of records) groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return sortKeys([...groups.keys()]).map((key) => ({ key, value: groups.get(key) }));
}

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom<Key>(
    null,
    true,
    false,
    0,
    1,
    "",
    "1",
    "null",
    "__proto__",
    "$pmap",
    "a\nb",
    "\ud800",
    "\u{1f680}",
    "\uffff",
  ),
  fc.integer({ min: -3, max: 40 }),
  fc.integer({ min: 0, max: 60 }).map((n) => `key ${n}`),
  // Long enough for several blocks.
  fc.integer({ min: 0, max: 9 }).map((n) => `${n}`.repeat(3000)),
);
const value = fc.oneof(
  fc.integer(),
  fc.constantFrom(Number.NaN, -0, undefined, null, "x".repeat(40_000), 7n, new Set([1])),
);
const chunks = (values: fc.Arbitrary<unknown>) =>
  fc.array(fc.record({ worker: fc.nat({ max: 2 }), records: fc.array(fc.tuple(key, values), { maxLength: 40 }) }), {
    maxLength: 12,
  });
const cuts = { rangeBytes: fc.constantFrom(1, 4_000, 1e9), spillBytes: fc.constantFrom(0, 2_000, 1e9) };

test("groups are those of a plain fold, in the order of the input", () => {
  fc.assert(
    fc.property(chunks(value), cuts.rangeBytes, cuts.spillBytes, (parts, rangeBytes, spillBytes) => {
      const spills = new Spills();
      const runs = write(parts, lists, spillBytes, spills);
      assert.deepEqual(merged(runs, lists, rangeBytes, spills), folded(parts));
    }),
    { numRuns: 60 },
  );
});

test("a float sum has the same bits whichever worker had which chunk", () => {
  fc.assert(
    fc.property(
      chunks(fc.double({ noNaN: true })),
      fc.integer({ min: 1, max: 3 }),
      cuts.spillBytes,
      (parts, workers, spillBytes) => {
        const sumOf = (split: readonly Chunk[], rangeBytes: number) => {
          const spills = new Spills();
          return merged(write(split, sums, spillBytes, spills), sums, rangeBytes, spills);
        };
        const shared = parts.map((chunk, i) => ({ ...chunk, worker: i % workers }));
        assert.deepEqual(
          sumOf(shared, 4_000),
          sumOf(
            parts.map((chunk) => ({ ...chunk, worker: 0 })),
            1e9,
          ),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("where a chunk's groups are cut in two depends on that chunk alone", () => {
  const before = Array.from({ length: 5 }, (_, i): Record => [`k${i}`, 1]);
  const chunk: Record[] = [
    ["x", 0.1],
    ["y", 1],
    ["z", 1],
    ["x", 0.2],
    ["x", 0.3],
  ];
  const sumsOn = (workers: readonly [number, number]) => {
    const spills = new Spills();
    const parts = [before, chunk].map((records, i) => ({ worker: workers[i] as number, records }));
    return merged(write(parts, sums, 1000, spills), sums, 1e9, spills);
  };
  assert.deepEqual(sumsOn([0, 0]), sumsOn([0, 1]));
});

test("a repeatable run has the bytes and the index of its chunk, whatever its worker has had before", () => {
  fc.assert(
    fc.property(chunks(fc.integer()), cuts.spillBytes, (parts, spillBytes) => {
      const madeBy = (worker: (i: number) => number) => {
        const spills = new Spills();
        const split = parts.map((chunk, i) => ({ ...chunk, worker: worker(i) }));
        return write(split, sums, spillBytes, spills, "the chunk").map((run) => ({
          bytes: Buffer.from(spills.read(run)).toString(),
          index: run.index.map(([key, at]) => [key, at - run.start]),
        }));
      };
      // A worker for all of them, and one for each.
      assert.deepEqual(
        madeBy(() => 0),
        madeBy((i) => i),
      );
    }),
    { numRuns: 60 },
  );
});

test("chunks with the same keys, or nearly, have the same blocks in all workers", () => {
  const keys = Array.from({ length: 3000 }, (_, i) => `group ${i * 7}`);
  const records = keys.map((name, i): Record => [name, i]);
  const parts = [0, 1, 0, 1].map((worker, i) => ({
    worker,
    // The first chunk of each worker has all keys, the next ones lack a few.
    records: i < 2 ? records.toReversed() : records.filter((_, n) => n % 50 !== i),
  }));
  const spills = new Spills();
  const runs = write(parts, sums, 1e9, spills);
  const texts = runs.map((run) => [...blocksOf(spills.read(run), text)].map(({ keysText }) => keysText));
  assert.ok((texts[0]?.length ?? 0) > 1, "several blocks");
  for (const other of texts) assert.deepEqual(other, texts[0]);
  assert.deepEqual(
    texts[0]?.flatMap((line) => keysOf(line)),
    sortKeys([...keys]),
  );
});

test("keys that come no more are not written for ever", () => {
  const many = Array.from({ length: 2000 }, (_, i): Record => [`old ${i}`, 1]);
  const few = Array.from({ length: 10 }, (_, i): Record => [`new ${i}`, 1]);
  const spills = new Spills();
  const runs = write(
    [many, few, few].map((records) => ({ worker: 0, records })),
    sums,
    1e9,
    spills,
  );
  const written = runs.map(
    (run) => [...blocksOf(spills.read(run), text)].flatMap(({ keysText }) => keysOf(keysText)).length,
  );
  assert.deepEqual(written, [2000, 10, 10]);
});
