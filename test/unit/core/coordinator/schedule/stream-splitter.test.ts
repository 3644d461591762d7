// laws: however the bytes of a stream arrive, whole records go out, all of them, and nothing waits without need.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StreamSource } from "../../../../../core/coordinator/job/source.ts";
import { separatedBy } from "../../../../../core/coordinator/schedule/framing.ts";
import { type CutOptions, createCutter } from "../../../../../core/coordinator/schedule/stream-splitter.ts";
import { concat, cutAt, cutsOf } from "../../../../support/cuts.ts";

const encoder = new TextEncoder();

interface Block {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A source that has all its pieces at hand. */
function sourceOf(pieces: readonly Uint8Array[]): StreamSource {
  const left = [...pieces];
  return { kind: "stream", name: "-", read: async () => left.shift() };
}

const never: CutOptions["after"] = () => () => {};

function options(changes: Partial<CutOptions>): CutOptions {
  return { framing: separatedBy(10), blockBytes: 16, maxRecordBytes: 1 << 20, after: never, ...changes };
}

/** @param chunkBytes asks for the records of one chunk after the other; without it, for what has come */
async function blocksOf(source: StreamSource, how: CutOptions, chunkBytes?: number): Promise<Block[]> {
  const cutter = createCutter(source, how);
  const blocks: Block[] = [];
  let end = chunkBytes;
  for (let block = await cutter.next(end); block !== undefined; block = await cutter.next(end)) {
    const bytes = concat(block.pieces);
    if (end === undefined || bytes.length > 0) blocks.push({ offset: block.start, bytes });
    if (end !== undefined) end += chunkBytes as number;
  }
  assert.equal(await cutter.next(end), undefined);
  return blocks;
}

const line = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\n", "."));
const input = fc
  .tuple(fc.array(line, { maxLength: 20 }), fc.boolean())
  .map(([lines, ends]) => encoder.encode(lines.join("\n") + (ends ? "\n" : "")));

/** The records that start in [k * blockBytes, (k + 1) * blockBytes), for every k. */
function exactBlocks(bytes: Uint8Array, blockBytes: number): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    const border = (Math.floor(at / blockBytes) + 1) * blockBytes;
    let end = bytes.indexOf(10, border - 1);
    end = end === -1 ? bytes.length : end + 1;
    blocks.push({ offset: at, bytes: bytes.slice(at, end) });
    at = end;
  }
  return blocks;
}

test("with a limit a block has no more whole records than reach it, and nothing is lost", async () => {
  await fc.assert(
    fc.asyncProperty(input, cutsOf(12), fc.integer({ min: 1, max: 60 }), async (bytes, cuts, mostBytes) => {
      const blocks = await blocksOf(sourceOf(cutAt(bytes, cuts)), options({ mostBytes }));
      assert.deepEqual(concat(blocks.map((block) => block.bytes)), bytes);
      for (const block of blocks) {
        const end = block.bytes.indexOf(10, mostBytes - 1);
        assert.ok(end === -1 || end === block.bytes.length - 1);
        const isLast = block.offset + block.bytes.length === bytes.length;
        assert.ok(isLast || block.bytes.at(-1) === 10);
      }
    }),
    { numRuns: 300 },
  );
});

test("exact blocks depend on the bytes only, in whatever pieces they arrive", async () => {
  await fc.assert(
    fc.asyncProperty(input, cutsOf(12), fc.integer({ min: 1, max: 60 }), async (bytes, cuts, blockBytes) => {
      const blocks = await blocksOf(sourceOf(cutAt(bytes, cuts)), options({}), blockBytes);
      assert.deepEqual(blocks, exactBlocks(bytes, blockBytes));
    }),
    { numRuns: 300 },
  );
});

test("prompt blocks are whole records, and together the input", async () => {
  await fc.assert(
    fc.asyncProperty(input, cutsOf(12), fc.integer({ min: 1, max: 60 }), async (bytes, cuts, blockBytes) => {
      const blocks = await blocksOf(sourceOf(cutAt(bytes, cuts)), options({ blockBytes }));
      let at = 0;
      for (const block of blocks) {
        assert.equal(block.offset, at);
        at += block.bytes.length;
        assert.equal(at === bytes.length || block.bytes.at(-1) === 10, true, "a record was cut");
      }
      assert.deepEqual(concat(blocks.map((block) => block.bytes)), bytes);
    }),
    { numRuns: 300 },
  );
});

/** A producer whose pieces come when they are given, and a clock that moves when it is told to. */
function byHand() {
  const waiting: ((piece: Uint8Array | undefined) => void)[] = [];
  const given: (Uint8Array | undefined)[] = [];
  const timers = new Set<() => void>();
  let started = 0;
  return {
    source: {
      kind: "stream",
      name: "-",
      read: () =>
        new Promise((resolve) => {
          if (given.length > 0) resolve(given.shift());
          else waiting.push(resolve);
        }),
    } satisfies StreamSource,
    after: (_delayMs: number, task: () => void) => {
      timers.add(task);
      started++;
      return () => timers.delete(task);
    },
    give(text: string | undefined) {
      const piece = text === undefined ? undefined : encoder.encode(text);
      const wanted = waiting.shift();
      if (wanted === undefined) given.push(piece);
      else wanted(piece);
    },
    /** Time passes: whatever was waited for is due. */
    pass() {
      for (const task of [...timers]) {
        timers.delete(task);
        task();
      }
    },
    get timers() {
      return timers.size;
    },
    get started() {
      return started;
    },
    get reads() {
      return waiting.length;
    },
  };
}

/** Lets every promise that can settle now do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const prompt = { blockBytes: 1000 } as const;

test("a slow producer's record goes out after a while, without more data", async () => {
  const hand = byHand();
  const cutter = createCutter(hand.source, options({ ...prompt, after: hand.after }));
  hand.give("one\ntw");
  const next = cutter.next(undefined);
  await settle();
  assert.equal(hand.timers, 1, "nothing waits for the record's time");
  hand.pass();
  const block = await next;
  assert.equal(new TextDecoder().decode(concat(block?.pieces ?? [])), "one\n");
  assert.equal(hand.reads, 1, "the read that was under way goes on");

  const last = cutter.next(undefined);
  hand.give("o");
  hand.give(undefined);
  assert.equal(new TextDecoder().decode(concat((await last)?.pieces ?? [])), "two");
  assert.equal(await cutter.next(undefined), undefined);
});

test("a block that is asked for with its length ends with the record that reaches it, and does not wait for more", async () => {
  const hand = byHand();
  const cutter = createCutter(hand.source, options({ ...prompt, after: hand.after }));
  const textOf = async (next: ReturnType<typeof cutter.next>) =>
    new TextDecoder().decode(concat((await next)?.pieces ?? []));
  hand.give("one\ntwo\nthree\nfo");
  assert.equal(await textOf(cutter.next(undefined, 5)), "one\ntwo\n");
  assert.equal(await textOf(cutter.next(undefined, 1)), "three\n");
  const last = cutter.next(undefined, 1000);
  hand.give("ur\n");
  hand.give(undefined);
  assert.equal(await textOf(last), "four\n");
});

test("a record's time runs from its own arrival, however often more arrives meanwhile", async () => {
  const hand = byHand();
  const cutter = createCutter(hand.source, options({ ...prompt, after: hand.after }));
  hand.give("one\n");
  const next = cutter.next(undefined);
  await settle();
  for (const record of ["two\n", "three\n", "fo"]) {
    hand.give(record);
    await settle();
  }
  assert.equal(hand.started, 1, "the time was set back");
  hand.pass();
  assert.equal(new TextDecoder().decode(concat((await next)?.pieces ?? [])), "one\ntwo\nthree\n");
});

test("half a record waits for its end, however long that takes", async () => {
  const hand = byHand();
  const cutter = createCutter(hand.source, options({ ...prompt, after: hand.after }));
  hand.give("hal");
  const next = cutter.next(undefined);
  await settle();
  assert.equal(hand.timers, 0, "there is nothing to be late with");
  hand.give("f\n");
  await settle();
  hand.pass();
  assert.equal(new TextDecoder().decode(concat((await next)?.pieces ?? [])), "half\n");
});

test("an exact block waits for its bytes and for nothing else", async () => {
  const hand = byHand();
  const cutter = createCutter(hand.source, options({ after: hand.after }));
  hand.give("one\n");
  const next = cutter.next(8);
  await settle();
  assert.equal(hand.timers, 0);
  hand.give("four\nfive\n");
  assert.equal(new TextDecoder().decode(concat((await next)?.pieces ?? [])), "one\nfour\n");
});

test("a full prompt block goes out at once", async () => {
  const hand = byHand();
  const cutter = createCutter(hand.source, options({ blockBytes: 4, after: hand.after }));
  hand.give("one\ntwo\nth");
  const block = await cutter.next(undefined);
  assert.equal(new TextDecoder().decode(concat(block?.pieces ?? [])), "one\ntwo\n");
});

test("a read that fails is told to the one that waits for a block", async () => {
  const source: StreamSource = { kind: "stream", name: "-", read: () => Promise.reject(new Error("EIO")) };
  for (const end of [undefined, 16]) await assert.rejects(createCutter(source, options({})).next(end), /EIO/);
});

test("an over-long record is cut off, and the records around it are whole and at their offsets", async () => {
  const most = 20;
  const short = fc.string({ unit: "grapheme-ascii", maxLength: most }).map((text) => text.replaceAll("\n", "."));
  const long = fc.integer({ min: most + 1, max: 90 }).map((length) => "x".repeat(length));
  const lines = fc.array(fc.oneof({ weight: 3, arbitrary: short }, { weight: 1, arbitrary: long }), { maxLength: 12 });
  const chunkSizes = fc.constantFrom(undefined, 16);
  await fc.assert(
    fc.asyncProperty(lines, cutsOf(20), chunkSizes, async (all, cuts, chunkBytes) => {
      const bytes = encoder.encode(all.join("\n"));
      const how = options({ maxRecordBytes: most });
      const found = new Map<number, string>();
      for (const block of await blocksOf(sourceOf(cutAt(bytes, cuts)), how, chunkBytes)) {
        let at = block.offset;
        for (const record of splitLines(block.bytes)) {
          assert.equal(found.has(at), false, "a record came twice");
          found.set(at, record);
          at += record.length + 1;
        }
      }
      let at = 0;
      for (const each of splitLines(bytes)) {
        const record = found.get(at);
        if (each.length <= most) assert.equal(record, each);
        else assert.equal(record !== undefined && record.length > most && each.startsWith(record), true);
        found.delete(at);
        at += each.length + 1;
      }
      assert.equal(found.size, 0, "a record came from nowhere");
    }),
    { numRuns: 300 },
  );
});

test("an over-long record is never held in memory beyond its limit and one read", async () => {
  let given = 0;
  const pieces = 1000;
  const source: StreamSource = {
    kind: "stream",
    name: "-",
    read: async () => (given++ < pieces ? new Uint8Array(100).fill(120) : undefined),
  };
  const blocks = await blocksOf(source, options({ maxRecordBytes: 1000 }));
  assert.equal(blocks.length, 1);
  assert.equal((blocks[0]?.bytes.length ?? 0) <= 1100, true);
});

function splitLines(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
test("where exact blocks begin does not depend on how over-long records arrive", async () => {
  const lines = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(lines, cutsOf(20), fc.integer({ min: 1, max: 90 }), async (lengths, cuts, blockBytes) => {
      const bytes = encoder.encode(lengths.map((length) => `${"x".repeat(length)}\n`).join(""));
      const how = options({ maxRecordBytes: 20 });
      const offsets = async (pieces: readonly Uint8Array[]) =>
        (await blocksOf(sourceOf(pieces), how, blockBytes)).map(({ offset }) => offset);
      assert.deepEqual(await offsets(cutAt(bytes, cuts)), await offsets([bytes]));
    }),
    { numRuns: 300 },
  );
});
