// A running record that takes more than a minute is named in the progress, from the events of the job.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JobMemory } from "../../../../api/job-memory.ts";
import { JobModel } from "../../../../cli/progress/job-model.ts";
import { jsonProgress } from "../../../../cli/progress/json-events.ts";
import { partsOf, statusLine } from "../../../../cli/progress/status-text.ts";

/** Of a job whose only worker is on the third record of data.jsonl since this time. */
function snapshotAfter(ms: number) {
  const model = new JobModel(0);
  const done = { records: 0, bytesIn: 0 };
  const sources = [{ name: "data.jsonl", bytes: 100 }];
  const plan = { cores: 1, sources, unit: "bytes", total: 100, limit: undefined, done } as const;
  model.observe({ type: "planned", plan }, 0);
  model.observe({ type: "phase", phase: "mapping" }, 0);
  model.observe({ type: "workerSpawned", worker: 0, pid: undefined }, 0);
  const segments = [{ source: 0, start: 0, end: 100, shift: 0 }];
  model.observe({ type: "batchBegun", id: 1, worker: 0, segments, bytes: 100 }, 0);
  const at = { source: 0, offset: 10, line: 2, isNext: true, within: 1 };
  model.observe({ type: "recordRunning", id: 1, worker: 0, at }, 1000);
  return model.snapshot(1000 + ms);
}

test("a record that runs for more than a minute is named, with its worker", () => {
  assert.match(statusLine(snapshotAfter(61_000), undefined), /worker 0 on data\.jsonl:3 for 1:01/);
  assert.doesNotMatch(statusLine(snapshotAfter(59_000), undefined), /data\.jsonl:3/);
});

test("in a narrow line its name stays longer than memory and rates", () => {
  const parts = partsOf(snapshotAfter(61_000), 1e9, false);
  const rankOf = (text: RegExp) => parts.find((part) => text.test(part.text))?.rank ?? Number.NaN;
  assert.ok(rankOf(/data\.jsonl:3/) < rankOf(/memory/));
});

test("programs get it as longRunning", () => {
  const longOf = (ms: number) =>
    (JSON.parse(jsonProgress(snapshotAfter(ms), new JobMemory())) as { longRunning: unknown[] }).longRunning;
  assert.deepEqual(longOf(59_000), []);
  assert.deepEqual(longOf(61_000), [{ worker: 0, place: "data.jsonl:3", ms: 61_000 }]);
});

test("where records are counted, they are called what they are", () => {
  const model = new JobModel(0);
  const plan = { cores: 1, sources: [], total: 1200, limit: undefined, done: { records: 0, bytesIn: 34 } } as const;
  model.observe({ type: "planned", plan: { ...plan, unit: "numbers", unitName: "row" } }, 0);
  model.observe({ type: "phase", phase: "mapping" }, 0);
  assert.match(statusLine(model.snapshot(10), undefined), /34 of 1,200 rows/);
});
