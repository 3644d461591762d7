// The queue: what has changed between a look and the wait for a change is no reason to wait.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import { BatchSizer } from "../../../../../core/coordinator/schedule/batch-sizer.ts";
import { ReorderBuffer } from "../../../../../core/coordinator/schedule/reorder-buffer.ts";
import { type Remainder, WorkQueue } from "../../../../../core/coordinator/schedule/work-queue.ts";
import { evenGrid } from "../../../../../core/protocol/chunk-grid.ts";

const position = { source: 0, offset: 0 } as unknown as Batch["next"];
const batch = { segments: [], block: undefined, bytes: 10, next: position } as unknown as Batch;
const head = { inputBytes: 10, records: 1, busyMs: 1, outputBytes: 0, asynchronous: false };

function createQueue(batches: Batch[]): { queue: WorkQueue<number>; rest: () => Remainder<number> } {
  const buffer = new ReorderBuffer<number>({ maxOpen: () => 10, maxBytes: () => 1000, commit: () => undefined });
  const plan = { left: 0, next: () => batches.shift() };
  const sizer = new BatchSizer({ workers: () => 1, maxBatchBytes: 1000, concurrency: 1 });
  const splitting = { grid: evenGrid(1000), separator: 10, use: "merged" as const };
  return {
    queue: new WorkQueue<number>({ plan, sizer, buffer, splitting }),
    rest: () => ({ batch, slot: buffer.admit(0), head }),
  };
}

async function isSettled(promise: Promise<void>): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return await Promise.race([promise.then(() => true), later]);
}

test("what is handed on after the last look and before the wait ends the wait at once", async () => {
  const { queue, rest } = createQueue([]);
  assert.equal(queue.take(), undefined);
  queue.handOn(rest());
  assert.equal(await isSettled(queue.change()), true);
  assert.equal(queue.take()?.batch, batch);
});

test("what is handed on between a look and the wait ends the wait also when there were waits before", async () => {
  const { queue, rest } = createQueue([]);
  for (let round = 0; round < 3; round++) {
    const waited = queue.change();
    queue.changed();
    assert.equal(await isSettled(waited), true);
    assert.equal(queue.take(), undefined);
    queue.handOn(rest());
    assert.equal(await isSettled(queue.change()), true);
    assert.equal(queue.take()?.batch, batch);
  }
});

test("a change is told once, and a look at all that there is leaves nothing to tell", async () => {
  const { queue, rest } = createQueue([]);
  queue.take();
  queue.changed();
  assert.equal(await isSettled(queue.change()), true);
  const second = queue.change();
  assert.equal(await isSettled(second), false);
  queue.handOn(rest());
  assert.equal(await isSettled(second), true);
  queue.changed();
  queue.take();
  assert.equal(await isSettled(queue.change()), false);
});
