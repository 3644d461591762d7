// Every request is answered exactly once, and only the one that the worker was on is blamed for its death.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Died, PendingRequests } from "../../../../../core/coordinator/workers/pending-requests.ts";
import { InternalError } from "../../../../../core/errors.ts";
import type { MapRequest } from "../../../../../core/protocol/messages.ts";
import { mapRequest } from "../../../../support/map-request.ts";

type Answer = { readonly tag: "done"; readonly n: number };

const exit = { code: 1, signal: null, stderrTail: "" };

function mapOf(id: number, isolated = false): MapRequest {
  return mapRequest({ id, isolated });
}

function pending(...requests: readonly MapRequest[]) {
  const all = new PendingRequests<Answer>();
  const answers = new Map<number, (Answer | Died)[]>();
  for (const request of requests) {
    answers.set(request.id, []);
    all.add(request, (reply) => void answers.get(request.id)?.push(reply));
  }
  return { all, answers };
}

test("requests are answered in any order, each once", () => {
  const { all, answers } = pending(mapOf(1), mapOf(2));
  all.settle(2, { tag: "done", n: 2 });
  all.settle(1, { tag: "done", n: 1 });
  assert.deepEqual([...answers.values()], [[{ tag: "done", n: 1 }], [{ tag: "done", n: 2 }]]);
  assert.equal(all.size, 0);
});

test("a second answer, and one to what was never asked, is an error", () => {
  const { all, answers } = pending(mapOf(1));
  all.settle(1, { tag: "done", n: 1 });
  for (const id of [1, 7]) assert.throws(() => all.settle(id, { tag: "done", n: 0 }), InternalError);
  assert.equal(answers.get(1)?.length, 1);
});

test("a death answers all of them, and blames the one that the worker was on", () => {
  const { all, answers } = pending(mapOf(1), mapOf(2), mapOf(3));
  all.settle(1, { tag: "done", n: 1 });
  all.died(exit, undefined, true);
  const deaths = [2, 3].map((id) => answers.get(id));
  assert.deepEqual(
    deaths.map((replies) => replies?.map((reply) => "death" in reply && [reply.death.blamed, reply.death.alone])),
    [[[true, false]], [[false, false]]],
  );
  all.died(exit, undefined, true);
  assert.deepEqual([answers.get(2)?.length, answers.get(3)?.length], [1, 1], "once");
});

test("a worker that was not up has died of none of them", () => {
  const { all, answers } = pending(mapOf(1));
  all.died(exit, undefined, false);
  const [reply] = answers.get(1) ?? [];
  assert.ok(reply !== undefined && "death" in reply);
  assert.deepEqual([reply.death.blamed, reply.death.alone], [false, true]);
});

test("beside a request that runs alone there is no room, and the record that it was on is told with its death", () => {
  const { all, answers } = pending(mapOf(1, true));
  assert.equal(all.load, Number.POSITIVE_INFINITY);
  const suspect = { source: 0, offset: 12, line: 2 };
  all.suspect(1, suspect);
  all.died(exit, "timeout", true);
  const [reply] = answers.get(1) ?? [];
  assert.ok(reply !== undefined && "death" in reply);
  assert.deepEqual([reply.death.suspect, reply.death.reason], [suspect, "timeout"]);
});

test("what a worker leaves to others is not part of what it was asked, and is told once", () => {
  const all = new PendingRequests<Answer>();
  const segment = { source: 0, start: 0, end: 10, shift: 0 };
  const request = {
    ...mapOf(1),
    budgetMs: 100,
    segments: [segment, { ...segment, source: 1 }, { ...segment, source: 2 }],
  };
  const told: unknown[] = [];
  const at = { cut: { segment: 1, at: 5 }, records: 7 };
  all.add(
    request,
    () => {},
    (early) => told.push(early),
  );
  all.cut(1, at);
  assert.deepEqual(told, [at]);
  const left = all.get(1) as MapRequest;
  assert.deepEqual(left.segments, [segment, { ...segment, source: 1, end: 5 }]);
  assert.equal(left.budgetMs, undefined, "it is not cut again");
});

test("a request of which nothing runs for now takes no room", () => {
  const { all } = pending(mapOf(1), mapOf(2));
  all.pause(1, true);
  assert.deepEqual([all.load, all.size], [1, 2]);
  all.pause(1, false);
  assert.equal(all.load, 2);
  all.pause(2, true);
  all.settle(2, { tag: "done", n: 2 });
  assert.deepEqual([all.load, all.size], [1, 1]);
  all.pause(2, true);
  assert.equal(all.load, 1, "one that has been answered");
});
