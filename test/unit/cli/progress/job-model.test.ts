import assert from "node:assert/strict";
import { test } from "node:test";
import { barLine } from "../../../../cli/progress/bar-line.ts";
import { JobModel } from "../../../../cli/progress/job-model.ts";
import { askedLine, partsOf } from "../../../../cli/progress/status-text.ts";
import type { JobEvent, PlannedWork } from "../../../../core/coordinator/observer.ts";

const PLAN: PlannedWork = {
  cores: 2,
  sources: [
    { name: "a.jsonl", bytes: 600 },
    { name: "b.jsonl", bytes: 400 },
  ],
  unit: "bytes",
  total: 1000,
  limit: undefined,
  done: { records: 0, bytesIn: 0 },
};
const counts = (records: number) => ({ records, emittedFrom: records, filtered: 0, rejected: 0 });
const committed = (records: number, bytesIn: number, source: number, offset: number, lines: number): JobEvent => ({
  type: "committed",
  id: 1,
  ...counts(records),
  bytesIn,
  bytesOut: 0,
  reached: { source, offset, lines },
});
const begun = (id: number, worker: number, source: number, start: number, end: number): JobEvent => ({
  type: "batchBegun",
  id,
  worker,
  segments: [{ source, start, end, shift: 0 }],
  bytes: end - start,
});
const ended = (id: number, worker: number): JobEvent => ({
  type: "batchEnded",
  id,
  worker,
  how: "done",
  counts: counts(1),
  bytesIn: 0,
  bytesOut: 0,
  busyMs: 1,
});

function modelOf(plan: PlannedWork, ...events: readonly (readonly [JobEvent, number])[]): JobModel {
  const model = new JobModel(0);
  model.observe({ type: "planned", plan }, 0);
  model.observe({ type: "phase", phase: "mapping" }, 0);
  for (const [event, ms] of events) model.observe(event, ms);
  return model;
}

test("the share and the time that is left come from the bytes that are committed", () => {
  const model = modelOf(PLAN, [committed(10, 250, 0, 250, 10), 5000]);
  const { share, etaMs, records, bytesPerSecond, recordsPerSecond } = model.snapshot(5000);
  assert.deepEqual([share, etaMs, records, bytesPerSecond, recordsPerSecond], [0.25, 15_000, 10, 50, 2]);
});

test("of a pipe there is no share, and no time that is left", () => {
  const { share, etaMs } = modelOf({ ...PLAN, total: undefined }, [committed(10, 250, 0, 250, 10), 100]).snapshot(200);
  assert.deepEqual([share, etaMs], [undefined, undefined]);
});

test("what an earlier run has done counts to the share, and not to the rate", () => {
  const resumed = modelOf({ ...PLAN, done: { records: 50, bytesIn: 500 } }, [committed(10, 100, 0, 600, 60), 1000]);
  const { share, records, bytesPerSecond } = resumed.snapshot(1000);
  assert.deepEqual([share, records, bytesPerSecond], [0.6, 60, 100]);
});

test("busy is an average over time", () => {
  const model = modelOf(PLAN, [begun(1, 0, 0, 0, 100), 0], [begun(2, 1, 0, 100, 200), 500], [ended(2, 1), 750]);
  assert.equal(model.snapshot(1000).busy, 1.25);
});

test("a worker's record is named by its line once the lines before it are known, else by its byte", () => {
  const model = modelOf(
    PLAN,
    [begun(1, 0, 0, 0, 100), 0],
    [begun(2, 1, 0, 100, 200), 10],
    [begun(3, 1, 0, 200, 300), 20],
  );
  assert.deepEqual(model.snapshot(70_000).running, [
    { worker: 0, place: "a.jsonl:1", ms: 70_000 },
    { worker: 1, place: "a.jsonl, byte 100", ms: 69_990 },
  ]);
  model.observe(committed(7, 100, 0, 100, 7), 71_000);
  model.observe(ended(1, 0), 71_000);
  const at = { source: 0, offset: 130, line: 3, isNext: true, within: 1 };
  model.observe({ type: "recordRunning", id: 2, worker: 1, at }, 71_500);
  assert.deepEqual(model.snapshot(72_000).running, [{ worker: 1, place: "a.jsonl:11", ms: 500 }]);
  model.observe({ type: "recordRunning", id: 2, worker: 1, at: { ...at, within: 32 } }, 71_500);
  assert.equal(model.snapshot(72_000).running[0]?.place, "a.jsonl:11+");
});

test("a record that takes over a minute is named, and a name cannot move the cursor", () => {
  const evil = { ...PLAN, sources: [{ name: "a\x1b[2J.jsonl", bytes: 600 }] };
  const snapshot = modelOf(evil, [begun(1, 0, 0, 0, 100), 0]).snapshot(61_000);
  const texts = partsOf(snapshot, undefined, false).map(({ text }) => text);
  assert.ok(texts.includes("worker 0 on a\\x1b[2J.jsonl:1 for 1:01"), texts.join());
  assert.match(askedLine(snapshot, 2 ** 20), /^pmap: 0%, 0 records, .*1MB memory; worker 0 on .* for 1:01\n$/);
});

test("a line is never wider than the terminal leaves room for, and what counts stays longest", () => {
  const model = modelOf(PLAN, [begun(1, 0, 0, 0, 100), 0], [committed(10, 250, 0, 250, 10), 5000]);
  const snapshot = model.snapshot(5000);
  const parts = [...partsOf(snapshot, 2 ** 27, true), { text: "日本語".repeat(5), rank: 12 }];
  for (let columns = 1; columns < 200; columns++) {
    const line = barLine(parts, snapshot.share, columns, false).text;
    assert.ok(line.length <= Math.max(1, columns - 3), `${columns}: ${line}`);
  }
  assert.equal(barLine(parts, snapshot.share, 20, false).text, " 25%  ETA 0:15");
  assert.ok(barLine(parts, snapshot.share, 200, true).text.startsWith("[\x1b[32m=======>\x1b[39m "));
});

test("on a cluster tasks and executors are told, and what is not known of other machines is not", () => {
  const place = { executor: "3", host: "h" };
  const model = modelOf({ ...PLAN, cores: undefined }, [{ type: "executorJoined", ...place }, 0]);
  model.observe({ type: "executorJoined", ...place, executor: "4" }, 0);
  model.observe({ type: "workerSpawned", worker: 0, pid: undefined, place }, 0);
  model.observe({ type: "tasksPlanned", tasks: 12 }, 0);
  model.observe(begun(0, 0, 0, 0, 100), 0);
  const before = model.snapshot(61_000);
  assert.deepEqual(before.running, []);
  model.observe(ended(0, 0), 61_000);
  model.observe({ type: "attemptFailed", ...place, nth: 1, reason: "gone" }, 61_000);
  model.observe({ type: "executorEnded", ...place, expected: false, reason: "gone" }, 61_000);
  const exit = { code: null, signal: null, stderrTail: "" };
  model.observe({ type: "workerEnded", worker: 0, exit, expected: false, reason: undefined }, 61_000);
  const snapshot = model.snapshot(61_000);
  const cluster = { tasks: 1, tasksPlanned: 12, attemptsFailed: 1, executors: 1, executorsLost: 1 };
  assert.deepEqual(snapshot.cluster, cluster);
  const texts = partsOf(snapshot, 2 ** 20, true).map(({ text }) => text);
  for (const text of ["1 of 12 tasks", "1 executor", "1 attempt failed", "1 executor lost"])
    assert.ok(texts.includes(text), text);
  assert.ok(!texts.some((text) => /memory|died/.test(text)), texts.join());
});
