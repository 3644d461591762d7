// The limits that all workers share, in a time that the test makes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StartGate } from "../../../../../core/coordinator/workers/start-gate.ts";
import type { StartLimits } from "../../../../../core/protocol/worker-settings.ts";

/** A gate, and time that passes when `pass` says so; timers fire up to `lateMs` late. */
function gate(limits: StartLimits, lateMs: () => number = () => 0) {
  let nowMs = 1_000_000;
  let timers: { readonly atMs: number; readonly task: () => void }[] = [];
  const started: { readonly worker: string; readonly atMs: number }[] = [];
  const after = (delayMs: number, task: () => void) => {
    const timer = { atMs: nowMs + delayMs + lateMs(), task };
    timers.push(timer);
    return () => {
      timers = timers.filter((each) => each !== timer);
    };
  };
  const made = new StartGate({ ...limits, now: () => nowMs, after });
  const worker = (name: string) => ({
    allow: (count: number) => {
      for (let i = 0; i < count; i++) started.push({ worker: name, atMs: nowMs });
    },
  });
  return {
    gate: made,
    started,
    worker,
    timers: () => timers.length,
    pass(ms: number) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        timers = timers.filter((each) => each !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.task();
      }
      nowMs = endMs;
    },
  };
}

test("records start evenly, at the rate, in the order of asking, whichever worker has them", () => {
  const { gate: starts, started, worker, pass, timers } = gate({ perSecond: 10 });
  const [a, b] = [worker("a"), worker("b")];
  starts.ask(a, 3, 0);
  starts.ask(b, 2, 0);
  pass(1000);
  assert.deepEqual(
    started.map(({ worker, atMs }) => [worker, atMs - 1_000_000]),
    [
      ["a", 0],
      ["a", 100],
      ["a", 200],
      ["b", 300],
      ["b", 400],
    ],
  );
  assert.equal(timers(), 0);
});

test("what is in front in the input starts first, and what is in one batch in the order of asking", () => {
  const { gate: starts, started, worker, pass } = gate({ perSecond: 10 });
  const [a, b, c] = [worker("a"), worker("b"), worker("c")];
  starts.ask(a, 2, 0, { source: 1, start: 50 });
  starts.ask(b, 1, 0, { source: 1, start: 0 });
  starts.ask(c, 2, 0, { source: 0, start: 900 });
  starts.ask(b, 1, 0, { source: 1, start: 50 });
  pass(1000);
  // The first to ask was alone.
  assert.deepEqual(
    started.map(({ worker }) => worker),
    ["a", "c", "c", "b", "a", "b"],
  );
});

test("time in which nothing wanted to start is not made up for", () => {
  const { gate: starts, started, worker, pass } = gate({ perSecond: 10 });
  const a = worker("a");
  starts.ask(a, 1, 0);
  pass(10_000);
  starts.ask(a, 20, 0);
  pass(450);
  assert.equal(started.length, 1 + 5);
});

test("in no time more start than the rate and a late timer allow, and all that is asked for starts", () => {
  const asks = fc.array(fc.record({ starts: fc.nat(5), ms: fc.nat(300), worker: fc.constantFrom("a", "b", "c") }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(asks, fc.constantFrom(0.5, 3, 20, 900), fc.nat(30), (wanted, perSecond, late) => {
      const made = gate({ perSecond }, () => late);
      const workers = new Map(["a", "b", "c"].map((name) => [name, made.worker(name)] as const));
      for (const { starts, ms, worker } of wanted) {
        made.gate.ask(workers.get(worker) as { allow(count: number): void }, starts, 0);
        made.pass(ms);
      }
      made.pass(1_000_000);
      assert.equal(
        made.started.length,
        wanted.reduce((sum, { starts }) => sum + starts, 0),
      );
      for (const [i, from] of made.started.entries())
        for (let j = i; j < made.started.length; j++) {
          const seconds = ((made.started[j] as { atMs: number }).atMs - from.atMs + 50) / 1000;
          assert.ok(j - i + 1 <= seconds * perSecond + 1 + 1e-6, `${j - i + 1} in ${seconds} s`);
        }
    }),
    { numRuns: 200 },
  );
});

test("no more than the limit are in flight at once, and a worker that is gone has none", () => {
  const { gate: starts, started, worker } = gate({ total: 3 });
  const [a, b] = [worker("a"), worker("b")];
  starts.ask(a, 2, 0);
  starts.ask(b, 4, 0);
  assert.deepEqual(started.map(({ worker }) => worker).join(""), "aab");
  starts.ask(a, 0, 1);
  assert.deepEqual(started.map(({ worker }) => worker).join(""), "aabb");
  starts.ask(a, 2, 0);
  starts.forget(b);
  assert.deepEqual(started.map(({ worker }) => worker).join(""), "aabbaa");
  // It cannot end what it has not started.
  starts.ask(a, 5, 100);
  assert.equal(started.length, 9);
});

test("when all workers have gone no timer is left", () => {
  const { gate: starts, worker, timers } = gate({ perSecond: 1 });
  const a = worker("a");
  starts.ask(a, 5, 0);
  assert.equal(timers(), 1);
  starts.forget(a);
  assert.equal(timers(), 0);
});
