// The hot loop: each record once, and nothing of pmap's own is made for it.
import assert from "node:assert/strict";
import { PerformanceObserver } from "node:perf_hooks";
import { test } from "node:test";
import pLimit from "p-limit";
import type { Cursor } from "../../../../../core/formats/cursor.ts";
import type { Script } from "../../../../../core/script/types.ts";
import type { Emitter } from "../../../../../core/worker/emitters/emitter.ts";
import type { BatchOptions } from "../../../../../core/worker/records/batch-options.ts";
import { Places } from "../../../../../core/worker/records/places.ts";
import { RecordLoop } from "../../../../../core/worker/records/record-loop.ts";
import { YieldPoint } from "../../../../../core/worker/records/yield-point.ts";

const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
const RECORD = { n: 1 };

/** Gives the same record again and again, or, as a parser does, a new one each time. */
function cursorOf(count: number, make: () => unknown = () => RECORD): Cursor {
  let index = -1;
  return {
    advance: () => ++index < count,
    read: make,
    offset: () => index,
    line: () => index + 1,
    raw: () => "",
  };
}

function emitterOf(): Emitter & { count: number } {
  return {
    verb: "print",
    count: 0,
    emit() {
      this.count++;
      return true;
    },
    endChunk() {},
    mark: () => () => true,
  };
}

function loopOf(script: Partial<Script>, emitter: Emitter): RecordLoop {
  return new RecordLoop(
    {
      observed: { asynchronous: false },
      after: () => () => {},
      script: script as Script,
      facts: { worker: 0, seed: 0, args: [], signal: new AbortController().signal },
      places: new Places(pLimit(1)),
      isOwnFrame: () => false,
    },
    { onError: "fail", position: { source: 0, start: 0 }, limit: Number.POSITIVE_INFINITY, aside: (work) => work() },
    emitter,
  );
}

test("each record is filtered, mapped and emitted once, and counted", () => {
  const emitter = emitterOf();
  const loop = loopOf({ filter: () => true, map: (record) => record }, emitter);
  loop.run(cursorOf(1000), 0, "x");
  loop.endChunk(0);
  assert.deepEqual(loop.result.counts, { records: 1000, emittedFrom: 1000, filtered: 0, rejected: 0 });
  assert.equal(emitter.count, 1000);
  assert.equal(loop.finished(), undefined);
});

/** A loop whose batch may be cut, with places for so many asynchronous records. */
function cutLoopOf(
  observed: { asynchronous: boolean },
  emitter: Emitter,
  policy: Partial<BatchOptions>,
  map: Script["map"] = (record: unknown) => Promise.resolve(record),
): RecordLoop {
  const script: Partial<Script> = { map };
  const yieldPoint = new YieldPoint({ now: () => 0, beat: undefined, budgetMs: 100, isFull: () => false });
  return new RecordLoop(
    {
      observed,
      after: () => () => {},
      script: script as Script,
      facts: { worker: 0, seed: 0, args: [], signal: new AbortController().signal },
      places: new Places(pLimit(4)),
      isOwnFrame: () => false,
    },
    {
      onError: "fail",
      position: { source: 0, start: 0 },
      limit: Number.POSITIVE_INFINITY,
      aside: (work) => work(),
      yieldPoint,
      ...policy,
    },
    emitter,
  );
}

const splitsChunks = true;
const cuts: [name: string, asynchronous: boolean, policy: Partial<BatchOptions>, records: number, cutAt?: number][] = [
  ["a batch that turns out to be asynchronous leaves what it cannot start to others", false, { splitsChunks }, 4, 1],
  ["so does one that was given out before that was known", true, { splitsChunks }, 4, 1],
  ["one that was given out with that in mind is run to its end", true, { splitsChunks, isShort: true }, 9],
  ["one whose chunks are seen is run to its end", false, {}, 9],
  ["so does one whose records may wait for another attempt", false, { splitsChunks, retryThrows: 1 }, 4, 1],
];
for (const [name, asynchronous, policy, records, cutAt] of cuts) {
  test(name, async () => {
    const emitter = emitterOf();
    const loop = cutLoopOf({ asynchronous }, emitter, policy);
    // Windows of three records each: offsets begin anew.
    for (let window = 0; window < 3 && !loop.done; window++) loop.run(cursorOf(3), 0, "x");
    assert.equal(loop.cutAt, cutAt);
    await loop.finished();
    assert.deepEqual(
      [loop.result.counts.records, loop.result.counts.emittedFrom, emitter.count],
      [records, records, records],
    );
  });
}

test("where the script is synchronous, and one record waits for another attempt, a batch is run to its end", async () => {
  let attempts = 0;
  const emitter = emitterOf();
  const map = (record: unknown) => {
    if (attempts++ === 0) throw new Error("once");
    return record;
  };
  const loop = cutLoopOf({ asynchronous: false }, emitter, { splitsChunks, retryThrows: 1 }, map);
  for (let window = 0; window < 3; window++) loop.run(cursorOf(3), 0, "x");
  assert.equal(loop.cutAt, undefined);
  assert.equal(loop.result.counts.records, 9);
});

/** A batch in whose segments of three lines each record waits until it is let go on. */
function waitingLoop(policy: Partial<BatchOptions>, map?: Script["map"]) {
  const ends: (() => void)[] = [];
  const wait = (record: unknown) => new Promise((resolve) => ends.push(() => resolve(record)));
  const emitter = emitterOf();
  const loop = cutLoopOf({ asynchronous: true }, emitter, { splitsChunks, isShort: true, ...policy }, map ?? wait);
  for (let segment = 0; segment < 3; segment++) {
    loop.startSource();
    loop.run(cursorOf(3), segment, "x");
    loop.endChunk(segment);
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { loop, emitter, ends, turn };
}

test("when the job is to end, a batch ends in front of the first record that has not started", async () => {
  const { loop, emitter, ends, turn } = waitingLoop({});
  await turn();
  loop.halt();
  assert.equal(ends.length, 4);
  for (const end of ends) end();
  await loop.finished();
  assert.deepEqual(loop.leftAt, { segment: 1, at: 1, lines: 1 });
  assert.deepEqual(loop.result.counts, { records: 4, emittedFrom: 4, filtered: 0, rejected: 0 });
  assert.equal(emitter.count, 4);
});

test("one that has started none, or comes later, ends in front of its first", async () => {
  const { loop } = waitingLoop({});
  loop.halt();
  await loop.finished();
  assert.deepEqual(loop.leftAt, { segment: 0, at: 0, lines: 0 });
  assert.deepEqual(loop.result.counts, { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 });
});

test("one whose chunks are seen, or all of which is wanted, is run to its end", async () => {
  for (const policy of [{ splitsChunks: false }, { yieldPoint: undefined }]) {
    const { loop, ends, turn } = waitingLoop(policy);
    loop.halt();
    for (let left = 9; left > 0; left -= ends.splice(0).length) {
      await turn();
      for (const end of ends) end();
    }
    await loop.finished();
    assert.equal(loop.leftAt, undefined);
    assert.equal(loop.result.counts.emittedFrom, 9);
  }
});

test("so is the record that has shown that the script is asynchronous, where it waits for another attempt", async () => {
  const emitter = emitterOf();
  let calls = 0;
  const map = async () => {
    if (++calls === 1) throw new Error("not now");
    return 1;
  };
  const loop = cutLoopOf({ asynchronous: false }, emitter, { splitsChunks, retryThrows: 3 }, map);
  loop.startSource();
  const cursor = cursorOf(9);
  // Its offsets begin at 7.
  loop.run({ ...cursor, offset: () => 7 + cursor.offset() }, 0, "x");
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  loop.halt();
  await loop.finished();
  assert.deepEqual([loop.leftAt, emitter.count], [{ segment: 0, at: 7, lines: 0 }, 0]);
});

test("a record that waits for another attempt is left to others, and what has come behind it is not kept", async () => {
  let calls = 0;
  const map = async (_: unknown, ctx: { count(name: string): void }) => {
    ctx.count("calls");
    if (++calls === 2) throw new Error("not now");
    return 1;
  };
  const { loop, emitter, turn } = waitingLoop({ retryThrows: 3 }, map as Script["map"]);
  await turn();
  await turn();
  loop.halt();
  await loop.finished();
  assert.deepEqual(loop.leftAt, { segment: 0, at: 1, lines: 1 });
  assert.deepEqual([emitter.count, [...loop.result.counters]], [1, [["calls", 1]]]);
});

const RECORDS = 2_000_000;

/** Collections of garbage while this number of records is run. */
async function collections(make?: () => unknown): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().length;
  });
  const loop = loopOf({ filter: () => true, map: (record) => record }, emitterOf());
  loop.run(cursorOf(10_000), 0, "warm-up");
  observer.observe({ entryTypes: ["gc"] });
  loop.run(cursorOf(RECORDS, make), 0, "x");
  // They are told later.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return count;
}

if (runtime === "node") {
  test("two million records of a script that is synchronous make no garbage but their own", async () => {
    const control = await collections(() => ({ n: 1, text: [] }));
    assert.ok(control > 3, `${control} collections of an object for each record: they are not seen`);
    const own = await collections();
    assert.ok(own <= 1, `${own} collections without a new object: the loop makes one for each record`);
  });
} else test("collections are told under node only", () => assert.notEqual(runtime, "node"));

test("a plain object with a then is a value, whatever another record has returned", async () => {
  // biome-ignore lint/suspicious/noThenProperty: this is the case
  const thenable = { then: () => assert.fail("it is not a promise") };
  for (const asynchronous of [false, true]) {
    const emitted: unknown[] = [];
    const emitter = { ...emitterOf(), emit: (value: unknown) => emitted.push(value) > 0 };
    const loop = loopOf({ map: (record) => (asynchronous && record === 0 ? Promise.resolve(0) : thenable) }, emitter);
    let n = 0;
    loop.run(
      cursorOf(3, () => n++),
      0,
      "x",
    );
    await loop.finished();
    assert.deepEqual(emitted, asynchronous ? [0, thenable, thenable] : [thenable, thenable, thenable]);
  }
});

test("a failure is named by what the emitter was doing when it failed", async () => {
  const maps: ((record: unknown) => unknown)[] = [(n) => n, (n) => [n].values(), (n) => Promise.resolve(n)];
  for (const map of maps) {
    const emitter = {
      ...emitterOf(),
      verb: "reduce",
      emit(): boolean {
        this.verb = "key";
        throw new Error("no key");
      },
    };
    const loop = loopOf({ map }, emitter);
    loop.run(cursorOf(1), 0, "x");
    await loop.finished();
    assert.equal(loop.result.failure?.message, "key threw Error: no key");
  }
});
