import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerLife } from "../../../../../core/coordinator/workers/worker-life.ts";
import type { Broken } from "../../../../../core/protocol/messages.ts";

const exit = { code: 1, signal: null, stderrTail: "" };
const facts = { keyed: false, reduces: false, setsUp: false, tearsDown: false, options: {}, exports: [] };
const broken = (phase: Broken["phase"]): Broken => ({
  type: "broken",
  phase,
  message: "no",
  stack: "",
  wantsTsx: false,
});
const nothing = () => {};

test("a worker loads, starts and stops, and answers what it was asked", async () => {
  const life = new WorkerLife();
  assert.equal(life.load.isAsked, false);
  // It may answer in the middle of the asking.
  const loaded = life.load.ask(() => life.hear({ type: "loaded", facts }));
  assert.deepEqual(await loaded, { tag: "loaded", facts });
  assert.ok(life.loaded && life.load.isAsked);
  const started = life.start.ask(nothing);
  life.hear({ type: "started" });
  assert.equal(await started, undefined);
  const stopped = life.stop.ask(nothing);
  life.hear({ type: "stopped", counters: [["n", 1]], cpuMs: 5 });
  assert.deepEqual(await stopped, [["n", 1]]);
  assert.equal(life.cpuMs, 5);
});

test("a script that is broken answers the phase that it is broken in", async () => {
  const life = new WorkerLife();
  const loaded = life.load.ask(nothing);
  life.hear(broken("load"));
  assert.deepEqual(await loaded, { tag: "broken", broken: broken("load") });
  // With another loader.
  const again = life.load.ask(nothing);
  life.hear({ type: "loaded", facts });
  assert.deepEqual(await again, { tag: "loaded", facts });
  const started = life.start.ask(nothing);
  life.hear(broken("setup"));
  assert.deepEqual(await started, broken("setup"));
  life.hear(broken("teardown"));
  assert.deepEqual(life.teardownFailure, broken("teardown"));
});

test("its end answers all that has not been answered", async () => {
  const life = new WorkerLife();
  const asked = [life.load.ask(nothing), life.start.ask(nothing), life.stop.ask(nothing)] as const;
  life.died(exit);
  assert.deepEqual(await Promise.all(asked), [{ tag: "died", exit }, exit, undefined]);
});
