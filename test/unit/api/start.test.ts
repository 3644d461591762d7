import assert from "node:assert/strict";
import { test } from "node:test";
import { earlyWorker } from "../../../api/start.ts";
import type { Runtime } from "../../../core/platform/runtime.ts";

/** A runtime whose workers only remember that they were killed. */
function fakeRuntime() {
  const seen = { spawned: 0, killed: 0, say: (_: Uint8Array) => {} };
  const spawnProcess = (_: unknown, say: (bytes: Uint8Array) => void) => {
    seen.spawned++;
    seen.say = say;
    return { kill: () => void seen.killed++ };
  };
  return { seen, runtime: { name: "node", program: () => "node", spawnProcess } as unknown as Runtime };
}

test("an early worker is taken once, and killed only where it was not taken", () => {
  const { runtime, seen } = fakeRuntime();
  const taken = earlyWorker(runtime, "/");
  assert.ok(taken.take());
  assert.equal(taken.take(), undefined);
  taken.dismiss();
  assert.equal(seen.killed, 0);
  earlyWorker(runtime, "/").dismiss();
  assert.deepEqual([seen.spawned, seen.killed], [2, 1]);
});

test("without a folder there is no early worker", () => {
  const { runtime, seen } = fakeRuntime();
  assert.equal(earlyWorker(runtime, undefined).take(), undefined);
  assert.equal(seen.spawned, 0);
});
