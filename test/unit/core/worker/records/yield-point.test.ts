import assert from "node:assert/strict";
import { test } from "node:test";
import { YieldPoint } from "../../../../../core/worker/records/yield-point.ts";

function at(budgetMs: number): { point: YieldPoint; pass: (ms: number) => void } {
  let nowMs = 0;
  const point = new YieldPoint({ now: () => nowMs, beat: undefined, budgetMs, isFull: () => false });
  return {
    point,
    pass(ms) {
      nowMs += ms;
    },
  };
}

test("time that is not the records' is not taken from them", () => {
  const { point, pass } = at(100);
  pass(60);
  point.standStill(60);
  assert.equal(point.stillMs, 60);
  pass(99);
  point.poll(10);
  assert.equal(point.shouldYield, false);
  assert.equal(point.slowMs, 99);
  pass(1);
  point.poll(20);
  assert.equal(point.shouldYield, true);
});

test("records have as much time as what another worker would have to do again", () => {
  const { point, pass } = at(100);
  for (let i = 0; i < 3; i++) {
    pass(200);
    point.standStill(200);
  }
  pass(599);
  point.poll(1);
  assert.equal(point.shouldYield, false);
  pass(1);
  point.poll(2);
  assert.equal(point.shouldYield, true);
});
