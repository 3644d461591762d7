import assert from "node:assert/strict";
import { test } from "node:test";
import { begun, died, ended, planned, recordingOf, rejected, spawned } from "../../../support/job-story.ts";

const sum = (values: readonly number[]) => Math.round(values.reduce((total, n) => total + n, 0));

test("a batch is shown where its worker was busy with it, not where it waited", () => {
  const recording = recordingOf(
    [planned, 0],
    [spawned(0), 0],
    [begun(1, 0), 10],
    [begun(2, 0, 100), 10],
    [ended(1, 0, 20), 30],
    [ended(2, 0, 15), 45],
  );
  const { spans, throughput } = recording.recorded(50);
  assert.deepEqual(
    spans.map(({ startMs, endMs, records, offset }) => [startMs, endMs, records, offset]),
    [
      [10, 30, 10, 0],
      [30, 45, 10, 100],
    ],
  );
  assert.equal(sum(throughput.sums.records), 20);
  assert.equal(sum(throughput.sums.bytes), 200);
  assert.equal(sum(throughput.sums.busyMs), 35);
});

test("answers that are heard together were not worked on together", () => {
  const recording = recordingOf(
    [planned, 0],
    [spawned(0), 0],
    [begun(1, 0), 0],
    [begun(2, 0), 0],
    [ended(1, 0, 20), 40],
    [ended(2, 0, 20), 40],
  );
  const { throughput } = recording.recorded(40);
  assert.deepEqual(throughput.sums.busyMs.slice(0, 4), [10, 10, 10, 10]);
});

test("asynchronous batches that overlap keep a worker no busier than it can be", () => {
  const recording = recordingOf(
    [planned, 0],
    [spawned(0), 0],
    [begun(1, 0), 0],
    [begun(2, 0), 0],
    [ended(1, 0, 100), 100],
    [ended(2, 0, 110), 110],
  );
  const { throughput, batchTimes } = recording.recorded(110);
  assert.equal(sum(throughput.sums.busyMs), 110);
  assert.equal(sum(batchTimes), 2);
});

test("a death costs what its batch had taken, and what only waited behind it nothing", () => {
  const recording = recordingOf(
    [planned, 0],
    [spawned(0), 0],
    [begun(1, 0), 10],
    [begun(2, 0), 10],
    [ended(1, 0, 0, "died"), 60],
    [ended(2, 0, 0, "died"), 60],
    [died(0), 60],
    [spawned(1), 61],
    [begun(3, 1), 70],
    [ended(3, 1, 5), 80],
  );
  const { deaths, deathCount, diedBatches, diedMs, workers } = recording.recorded(90);
  assert.deepEqual(deaths, [{ atMs: 60, worker: 0, how: "SIGKILL" }]);
  assert.deepEqual([deathCount, diedBatches, diedMs], [1, 2, 50]);
  assert.deepEqual(
    workers.map(({ worker, fromMs, toMs }) => [worker, fromMs, toMs]),
    [
      [0, 0, 60],
      [1, 61, undefined],
    ],
  );
  assert.deepEqual([...recording.pids()], [[1, 1001]]);
});

test("phases follow each other, and what held work back has an end", () => {
  const recording = recordingOf(
    [{ type: "phase", phase: "starting" }, 5],
    [planned, 6],
    [{ type: "phase", phase: "mapping" }, 10],
    [{ type: "waiting", reason: "little memory" }, 20],
    [{ type: "resumed" }, 30],
    [{ type: "waiting", reason: "load" }, 40],
  );
  const { phases, waits } = recording.recorded(50);
  assert.deepEqual(phases, [
    { name: "starting", fromMs: 5, toMs: 10 },
    { name: "mapping", fromMs: 10, toMs: 50 },
  ]);
  assert.deepEqual(waits, [
    { name: "little memory", fromMs: 20, toMs: 30 },
    { name: "load", fromMs: 40, toMs: 50 },
  ]);
});

test("of rejects a few of each kind are kept", () => {
  const recording = recordingOf(...Array.from({ length: 100 }, (_, i) => [rejected(i, "no", "x"), i] as const));
  assert.deepEqual(
    recording
      .recorded(100)
      .rejects.get("throw")
      ?.map(({ line }) => line),
    [0, 1, 2],
  );
});
