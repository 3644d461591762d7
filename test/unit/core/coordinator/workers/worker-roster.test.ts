// laws: a worker is in one state, whatever becomes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WorkerHandle } from "../../../../../core/coordinator/workers/worker-handle.ts";
import { WorkerRoster, type WorkerState } from "../../../../../core/coordinator/workers/worker-roster.ts";

const STATES: readonly WorkerState[] = ["coming", "ready", "retiring"];
const state = fc.constantFrom(...STATES);
const worker = fc.nat({ max: 3 });

test("a worker is in the state that it was moved to, and in no other", () => {
  const steps = fc.array(fc.oneof(fc.tuple(worker, state, state), fc.tuple(worker), fc.constant([])));
  fc.assert(
    fc.property(steps, (all) => {
      const roster = new WorkerRoster();
      const handles = [0, 1, 2, 3].map((number) => ({ worker: number }) as WorkerHandle);
      const known = new Map<WorkerHandle, WorkerState>();
      for (const [number, from, to] of all) {
        const handle = handles[number ?? 0] as WorkerHandle;
        if (number === undefined) {
          roster.retireAll();
          for (const each of known.keys()) known.set(each, "retiring");
        } else if (from !== undefined && to !== undefined) {
          assert.equal(roster.move(handle, from, to), known.get(handle) === from);
          if (known.get(handle) === from) known.set(handle, to);
        } else if (known.has(handle)) {
          assert.equal(roster.remove(handle), known.get(handle));
          known.delete(handle);
        } else {
          roster.add(handle);
          known.set(handle, "coming");
        }
        const found = STATES.flatMap((each) => [...roster.in(each)].map((one) => [one.worker, each]));
        assert.deepEqual(found.sort(), [...known].map(([one, each]) => [one.worker, each]).sort());
        assert.equal(roster.all().length, known.size);
      }
    }),
  );
});
