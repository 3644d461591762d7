import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingWrites } from "../../../../../core/coordinator/workers/pending-writes.ts";

test("what a worker keeps waits until it is written, or could not be", async () => {
  const writes = new PendingWrites();
  assert.ok(writes.isEmpty);
  writes.keep();
  writes.keep();
  const [one, two] = [writes.grant(1), writes.grant(2)];
  assert.deepEqual([writes.has(1), writes.has(3), writes.isEmpty], [true, false, false]);
  writes.settle(1, { tag: "written" });
  writes.settle(2, { tag: "failed", message: "no space" });
  assert.deepEqual(await Promise.all([one, two]), [{ tag: "written" }, { tag: "failed", message: "no space" }]);
  assert.deepEqual([writes.has(1), writes.isEmpty], [false, true]);
});

test("a worker that is gone has written nothing that counts", async () => {
  const writes = new PendingWrites();
  writes.keep();
  const write = writes.grant(1);
  writes.died();
  assert.deepEqual(await write, { tag: "gone" });
  assert.equal(writes.has(1), false);
});
