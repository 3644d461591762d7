// laws: batches are settled in any order and committed in input order, and what waits for its slot is bounded.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReorderBuffer } from "../../../../../core/coordinator/schedule/reorder-buffer.ts";
import { InternalError } from "../../../../../core/errors.ts";

/** Lets every promise that can settle now do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

interface Task {
  readonly held: number;
  readonly output: number;
}
const tasks = fc.array(fc.record({ held: fc.nat(20), output: fc.nat(60) }), { maxLength: 40 });
const limits = fc.record({ maxOpen: fc.integer({ min: 1, max: 8 }), maxBytes: fc.integer({ min: 1, max: 200 }) });

test("any finishing order is committed in input order, within the limits and to the end", async () => {
  await fc.assert(
    fc.asyncProperty(tasks, limits, fc.infiniteStream(fc.nat()), async (all, { maxOpen, maxBytes }, picks) => {
      const pick = (below: number) => (picks.next().value as number) % below;
      const committed: number[] = [];
      let committing = 0;
      let bytes = 0;
      const buffer = new ReorderBuffer<number>({
        maxOpen: () => maxOpen,
        maxBytes: () => maxBytes,
        commit(index) {
          assert.equal(committing, 0, "two commits at once");
          committed.push(index);
          const task = all[index] as Task;
          const free = () => {
            bytes -= task.held + task.output;
          };
          if (pick(2) === 0) {
            free();
            return undefined;
          }
          committing++;
          return settle().then(() => {
            committing--;
            free();
          });
        },
      });
      let failure: unknown;
      buffer.failed.catch((error: unknown) => {
        failure = error;
      });
      const running: { index: number; finish: () => void }[] = [];
      /** Bytes that came to wait in the last step: after there was room, perhaps. */
      let lately = 0;
      const finishOne = async () => {
        lately = 0;
        // Several at once now and then, while a commit is still under way.
        for (let n = 1 + pick(3); n > 0 && running.length > 0; n--)
          running.splice(pick(running.length), 1)[0]?.finish();
        if (pick(2) === 0) for (let i = 0; i < 3; i++) await settle();
      };
      for (const [index, { held, output }] of all.entries()) {
        let hasRoom = false;
        const room = buffer.room().then(() => {
          hasRoom = true;
        });
        await settle();
        while (!hasRoom) {
          await finishOne();
          if (running.length > 0) continue;
          // Commits that are under way may all wait for one another.
          for (let i = 0; i < maxOpen * 3; i++) await settle();
          assert.equal(hasRoom, true, "no room, and nothing that could make any");
        }
        await room;
        assert.equal(buffer.open < maxOpen, true, "more batches are open than may be");
        assert.equal(bytes - lately < maxBytes, true, "more bytes wait than may");
        const done = buffer.admit(held);
        bytes += held;
        running.push({
          index,
          finish() {
            bytes += output;
            lately += output;
            done.settle(index, output);
          },
        });
        if (pick(3) === 0) await finishOne();
      }
      const empty = buffer.empty();
      while (running.length > 0) await finishOne();
      await empty;
      assert.deepEqual(
        committed,
        all.map((_, i) => i),
      );
      assert.equal(buffer.open, 0);
      assert.equal(bytes, 0);
      await settle();
      assert.equal(failure, undefined);
    }),
    { numRuns: 100 },
  );
});

test("a slow first batch does not stop the others before the bytes that wait reach their limit", async () => {
  const buffer = new ReorderBuffer<number>({ maxOpen: () => 1000, maxBytes: () => 100, commit: () => undefined });
  const first = buffer.admit(0);
  let admitted = 1;
  for (let hasRoom = true; hasRoom; ) {
    buffer.admit(0).settle(admitted++, 10);
    hasRoom = false;
    void buffer.room().then(() => {
      hasRoom = true;
    });
    await settle();
  }
  assert.equal(admitted, 11);
  first.settle(0, 0);
  await buffer.room();
  assert.equal(buffer.open, 0);
});

test("room follows a limit that grows", async () => {
  let maxOpen = 1;
  const buffer = new ReorderBuffer<number>({ maxOpen: () => maxOpen, maxBytes: () => 100, commit: () => undefined });
  const first = buffer.admit(0);
  buffer.admit(0).settle(1, 0);
  maxOpen = 3;
  await buffer.room();
  first.settle(0, 0);
  await buffer.empty();
});

test("a commit that throws, now or later, fails the buffer and commits nothing after it", async () => {
  for (const later of [false, true]) {
    const committed: number[] = [];
    const buffer = new ReorderBuffer<number>({
      maxOpen: () => 10,
      maxBytes: () => 100,
      commit(index) {
        committed.push(index);
        if (index !== 1) return undefined;
        if (later) return Promise.reject(new Error("disk full"));
        throw new Error("disk full");
      },
    });
    const settles = [buffer.admit(0), buffer.admit(0), buffer.admit(0)];
    for (const i of [2, 1, 0]) settles[i]?.settle(i, 0);
    await assert.rejects(buffer.failed, /disk full/);
    await settle();
    assert.deepEqual(committed, [0, 1]);
  }
});

test("an empty buffer is empty at once", async () => {
  await new ReorderBuffer<number>({ maxOpen: () => 1, maxBytes: () => 1, commit: () => undefined }).empty();
});

test("bytes that wait for something else than their slot take room until they are gone", async () => {
  const buffer = new ReorderBuffer<number>({ maxOpen: () => 1000, maxBytes: () => 100, commit: () => undefined });
  const release = buffer.hold(100);
  let hasRoom = false;
  const room = buffer.room().then(() => {
    hasRoom = true;
  });
  await settle();
  assert.equal(hasRoom, false);
  release();
  await room;
});

test("slots in front of another are committed before it, and do not wait for what comes behind it", async () => {
  const committed: string[] = [];
  const commit = (name: string) => void committed.push(name);
  const buffer = new ReorderBuffer<string>({ maxOpen: () => 3, maxBytes: () => 100, commit });
  const [first, last] = [buffer.admit(0), buffer.admit(0)];
  last.settle("last", 200);
  assert.equal(buffer.hasRoom(), false);
  assert.equal(buffer.hasRoom(first), true);
  const ahead = [buffer.admit(0, first), buffer.admit(0, first), buffer.admit(0, first)];
  assert.equal(buffer.hasRoom(first), false, "as many as may be open are ahead of it");
  ahead.forEach((slot, i) => void slot.settle(`${i}`, 0));
  await settle();
  assert.equal(buffer.hasRoom(first), true);
  first.settle("rest", 0);
  await buffer.empty();
  assert.deepEqual(committed, ["0", "1", "2", "rest", "last"]);
});

test("many commits in a row let the event loop in between them", async () => {
  let pauses = 0;
  let committed = 0;
  const buffer = new ReorderBuffer<number>({
    maxOpen: () => 1e6,
    maxBytes: () => 1e6,
    commit: () => void committed++,
    pause: async () => {
      pauses++;
    },
  });
  const slots = Array.from({ length: 10_000 }, () => buffer.admit(0));
  for (const slot of slots.toReversed()) slot.settle(0, 0);
  await buffer.empty();
  assert.equal(committed, 10_000);
  assert.ok(pauses >= 10, `${pauses} pauses`);
});

test("a slot that is settled twice is an error, and its bytes are not counted twice", async () => {
  const committed: string[] = [];
  const buffer = new ReorderBuffer<string>({
    maxOpen: () => 10,
    maxBytes: () => 100,
    commit: (value) => void committed.push(value),
  });
  const first = buffer.admit(0);
  const second = buffer.admit(0);
  second.settle("second", 60);
  assert.throws(() => second.settle("again", 60), InternalError);
  assert.ok(buffer.hasRoom());
  first.settle("first", 0);
  await buffer.empty();
  assert.throws(() => first.settle("again", 0), InternalError);
  assert.deepEqual(committed, ["first", "second"]);
});
