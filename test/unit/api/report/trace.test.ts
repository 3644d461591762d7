import assert from "node:assert/strict";
import { test } from "node:test";
import { Trace, type TraceEvent } from "../../../../api/report/trace.ts";
import type { JobEvent } from "../../../../core/coordinator/observer.ts";
import { begun, died, ended, planned, spawned } from "../../../support/job-story.ts";

function traceOf(...events: readonly (readonly [JobEvent, number])[]): TraceEvent[] {
  const written: TraceEvent[] = [];
  const trace = new Trace((event) => written.push(event));
  for (const [event, atMs] of events) trace.observe(event, atMs);
  trace.end(1000, "done");
  return written;
}

test("each batch is a slice on the thread of its worker, in microseconds, and no two overlap", () => {
  const events = traceOf(
    [planned, 0],
    [spawned(1), 1],
    [begun(1, 1), 10],
    [begun(2, 1, 100), 10],
    [ended(1, 1, 20), 30],
    [ended(2, 1, 25), 45],
  );
  const slices = events.filter(({ ph, name }) => ph === "X" && name === "batch");
  assert.deepEqual(
    slices.map(({ tid, ts, dur }) => [tid, ts, dur]),
    [
      [2, 10_000, 20_000],
      [2, 30_000, 15_000],
    ],
  );
  assert.deepEqual(slices[1]?.args?.offset, 100);
  assert.ok(events.some(({ ph, tid, args }) => ph === "M" && tid === 2 && args?.name === "worker 1 (pid 1001)"));
});

test("deaths, phases, rejects and what has been committed are told", () => {
  const counts = { records: 10, emittedFrom: 9, filtered: 0, rejected: 1 };
  const events = traceOf(
    [{ type: "phase", phase: "mapping" }, 5],
    [begun(1, 0), 10],
    [ended(1, 0, 0, "died"), 30],
    [died(0), 31],
    [{ type: "committed", id: 1, ...counts, bytesIn: 100, bytesOut: 50, reached: undefined }, 40],
    [{ type: "committed", id: 1, ...counts, bytesIn: 100, bytesOut: 50, reached: undefined }, 41],
    [{ type: "phase", phase: "finishing" }, 900],
  );
  const named = (name: string) => events.filter((event) => event.name === name);
  assert.deepEqual(named("batch died").length, 1);
  assert.deepEqual(named("worker died")[0]?.args, { code: null, signal: "SIGKILL", reason: undefined });
  assert.deepEqual([named("mapping")[0]?.ts, named("mapping")[0]?.dur], [5000, 895_000]);
  assert.deepEqual(named("committed records").at(-1)?.args, { records: 20 });
  assert.equal(named("job ended: done").length, 1);
});
