// What a stage tells of a task is what its workers have done since the last one, whatever became of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MeasuredWork } from "../../../../../core/coordinator/stage/measured-work.ts";
import { NO_STATS, type WorkerStats } from "../../../../../core/protocol/worker-stats.ts";

function statsOf(records: number, computeMs: number, recordTimes: readonly number[] = []): WorkerStats {
  return { ...NO_STATS, records, ms: { ...NO_STATS.ms, compute: computeMs }, recordTimes };
}

function poolOf(stats: Map<number, WorkerStats>) {
  return { told: { stats } as never };
}

test("each task has what was measured since the one before, also of a worker that was replaced", () => {
  const stats = new Map<number, WorkerStats>();
  const pool = poolOf(stats);
  const measured = new MeasuredWork();
  stats.set(0, statsOf(10, 5, [1, 2]));
  assert.deepEqual(measured.since(pool), statsOf(10, 5, [1, 2]));
  // It dies with what it told last, and another one goes on.
  stats.set(0, statsOf(14, 6, [1, 3, 1]));
  stats.set(1, statsOf(3, 2, [1]));
  assert.deepEqual(measured.since(pool), statsOf(7, 3, [1, 1, 1]));
  assert.deepEqual(measured.since(pool), statsOf(0, 0, [0, 0, 0]));
});

test("the workers of a pool that was made anew have begun with nothing", () => {
  const measured = new MeasuredWork();
  measured.since(poolOf(new Map([[0, statsOf(10, 5)]])));
  assert.deepEqual(measured.since(poolOf(new Map([[0, statsOf(4, 1)]]))), statsOf(4, 1));
});

test("of workers that do not measure themselves there is nothing to tell", () => {
  assert.equal(new MeasuredWork().since(poolOf(new Map())), undefined);
});
