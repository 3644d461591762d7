// What is told of a job on a cluster: only answers that were taken count, and each slot has one task at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt, TaskAnswer } from "../../../../../core/coordinator/cluster/cluster.ts";
import { ClusterRecord } from "../../../../../core/coordinator/cluster/cluster-record.ts";
import type { JobEvent } from "../../../../../core/coordinator/observer.ts";
import type { PlacedRange, StageTask } from "../../../../../core/coordinator/stage/messages.ts";
import type { Done } from "../../../../../core/protocol/messages.ts";
import { NO_STATS } from "../../../../../core/protocol/worker-stats.ts";

const counts = { records: 3, emittedFrom: 3, filtered: 0, rejected: 0 };

function taskOf(id: number): StageTask {
  return { type: "task", id, segments: [{ source: 0, start: 10 * id, end: 10 * id + 10, shift: 0 }], bytes: 10 };
}

function by(attempt: number, executor = "0"): Attempt {
  return { attempt, executor, host: `host ${executor}` };
}

function answerBy(attempt: Attempt, given: Partial<Done> = {}): TaskAnswer {
  const none = { rejects: [], lines: [], counters: [], nodes: [], runs: [], asynchronous: false, kept: false };
  const stats = { ...NO_STATS, records: 3 };
  return {
    head: { type: "done", id: 0, counts, bytes: 6, busyMs: 2, stats, ...none, ...given },
    by: attempt,
    body: [],
  };
}

/** A record, and what its observer hears as short texts. */
function heard(executors: Readonly<Record<string, number>> = {}) {
  const said: string[] = [];
  const record = new ClusterRecord((event) => said.push(textOf(event)));
  for (const [executor, slots] of Object.entries(executors))
    record.hear({ type: "executorJoined", executor, host: `host ${executor}`, slots });
  return { record, said, next: () => said.splice(0) };
}

function textOf(event: JobEvent): string {
  switch (event.type) {
    case "batchBegun":
      return `${event.worker} begins ${event.id}, byte ${event.segments[0]?.start}`;
    case "batchEnded":
      return `${event.worker} ends ${event.id}: ${event.how}, ${event.counts.records} records, ${event.bytesIn} in`;
    case "workerSpawned":
      return `worker ${event.worker} on ${event.place?.executor} of ${event.place?.host}`;
    case "workerEnded":
      return `worker ${event.worker} has gone${event.expected ? "" : " unexpectedly"}`;
    case "executorJoined":
      return `executor ${event.executor}`;
    case "executorEnded":
      return `executor ${event.executor} ${event.expected ? "ended" : "lost"}: ${event.reason}`;
    case "attemptFailed":
      return `attempt ${event.nth} failed on ${event.executor}: ${event.reason}`;
    default:
      return event.type;
  }
}

test("a task is a batch of the slot that it runs on, and is counted when its answer is taken", () => {
  const { record, next } = heard({ 0: 2 });
  const task = taskOf(4);
  record.hear({ type: "attemptBegun", task, ...by(70) });
  assert.deepEqual(next(), ["executor 0", "worker 0 on 0 of host 0", "0 begins 0, byte 40"]);
  assert.equal(record.answered(task, answerBy(by(70))), 0);
  assert.deepEqual(next(), ["0 ends 0: done, 3 records, 10 in"]);
  assert.deepEqual(record.counts, { tasks: 1, attemptsFailed: 0, executors: 1, executorsLost: 0 });
  assert.equal(record.stats.get(0)?.records, 3);
});

test("an executor that has begun more than it has slots for has ended something that is not known yet", () => {
  const { record, next } = heard({ 0: 1 });
  const [one, two] = [taskOf(0), taskOf(1)];
  record.hear({ type: "attemptBegun", task: one, ...by(1) });
  record.hear({ type: "attemptBegun", task: two, ...by(2) });
  assert.deepEqual(next().slice(2), ["0 begins 0, byte 0"]);
  record.answered(one, answerBy(by(1)));
  assert.deepEqual(next(), ["0 ends 0: done, 3 records, 10 in", "0 begins 1, byte 10"]);
  record.answered(two, answerBy(by(2)));
  assert.equal(record.workers, 1);
  assert.equal(record.stats.get(0)?.records, 6);
});

test("an answer may come before it is known that its attempt has begun", () => {
  const { record, next } = heard();
  const task = taskOf(0);
  record.answered(task, answerBy(by(1)));
  record.hear({ type: "attemptBegun", task, ...by(1) });
  assert.deepEqual(next().slice(2), ["0 begins 0, byte 0", "0 ends 0: done, 3 records, 10 in"]);
});

test("an attempt that fails, or that another one has overtaken, ends as one that has died, and counts for nothing", () => {
  const { record, next } = heard({ 0: 1, 1: 1 });
  const task = taskOf(0);
  record.hear({ type: "attemptBegun", task, ...by(1) });
  record.hear({ type: "attemptFailed", ...by(1), nth: 1, reason: "gone" });
  record.hear({ type: "attemptBegun", task, ...by(2) });
  record.hear({ type: "attemptBegun", task, ...by(3, "1") });
  record.answered(task, answerBy(by(3, "1")));
  record.hear({ type: "attemptDropped", attempt: 2 });
  assert.deepEqual(next().slice(3), [
    "0 begins 0, byte 0",
    "0 ends 0: died, 0 records, 0 in",
    "attempt 1 failed on 0: gone",
    "0 begins 1, byte 0",
    "worker 1 on 1 of host 1",
    "1 begins 2, byte 0",
    "1 ends 2: done, 3 records, 10 in",
    "0 ends 1: died, 0 records, 0 in",
  ]);
  assert.deepEqual([...record.stats.keys()], [1]);
  assert.deepEqual(record.counts, { tasks: 1, attemptsFailed: 1, executors: 2, executorsLost: 0 });
});

test("an executor that is lost takes its workers and their tasks with it", () => {
  const { record, next } = heard({ 0: 1, 1: 1 });
  const task = taskOf(0);
  record.hear({ type: "attemptBegun", task, ...by(1) });
  record.hear({ type: "attemptBegun", task: taskOf(1), ...by(2) });
  next();
  record.hear({ type: "executorEnded", executor: "0", expected: false, reason: "killed" });
  record.hear({ type: "executorEnded", executor: "0", expected: false, reason: "again" });
  record.hear({ type: "attemptFailed", ...by(1), nth: 1, reason: "lost" });
  assert.deepEqual(next(), [
    "0 ends 0: died, 0 records, 0 in",
    "worker 0 has gone unexpectedly",
    "executor 0 lost: killed",
    "attempt 1 failed on 0: lost",
  ]);
  record.hear({ type: "attemptBegun", task, ...by(3, "1") });
  assert.deepEqual(next(), ["worker 1 on 1 of host 1", "1 begins 1, byte 0"]);
  assert.deepEqual(record.counts, { tasks: 0, attemptsFailed: 1, executors: 2, executorsLost: 1 });
  // They were not there at once.
  assert.equal(record.workers, 1);
  assert.deepEqual(
    record.places.map(({ executor }) => executor),
    ["0", "1"],
  );
});

test("an executor that the cluster lets go is not lost", () => {
  const { record, next } = heard({ 0: 1 });
  const task = taskOf(0);
  record.answered(task, answerBy(by(1)));
  next();
  record.hear({ type: "executorEnded", executor: "0", expected: true, reason: "idle" });
  assert.deepEqual(next(), ["worker 0 has gone", "executor 0 ended: idle"]);
  assert.deepEqual([record.counts.executors, record.counts.executorsLost], [1, 0]);
});

test("a task whose output was lost, and is made again, is not counted twice", () => {
  const { record, next } = heard();
  const task = taskOf(0);
  record.answered(task, answerBy(by(1)));
  next();
  record.hear({ type: "attemptBegun", task, ...by(2) });
  assert.deepEqual(next(), []);
});

test("ranges of keys are counted with what they took, and are no batches", () => {
  const { record, next } = heard();
  const range = { type: "range", id: 0 } as unknown as PlacedRange;
  record.hear({ type: "attemptBegun", task: range, ...by(1) });
  record.answered(range, answerBy(by(1)));
  assert.deepEqual(next(), ["executor 0", "worker 0 on 0 of host 0"]);
  assert.deepEqual([record.counts.tasks, record.stats.get(0)?.records], [1, 3]);
});
