// A worker's side of the limits that all workers share.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InputPosition } from "../../../../../core/protocol/input-position.ts";
import { StartTurns } from "../../../../../core/worker/records/start-turns.ts";

type Asked = [starts: number, ended: number, batch?: number];

function turnsOf() {
  const asked: Asked[] = [];
  const turns = new StartTurns((starts, ended, batch?: InputPosition) =>
    asked.push(batch === undefined ? [starts, ended] : [starts, ended, batch.start]),
  );
  return { turns, asked, told: () => Promise.resolve().then(() => asked.splice(0)) };
}

const first: InputPosition = { source: 0, start: 0 };
const second: InputPosition = { source: 0, start: 10 };

test("each batch asks with one message a turn, and the records of the first start first", async () => {
  const { turns, told } = turnsOf();
  const started: string[] = [];
  const enter = (name: string, batch: InputPosition) =>
    void turns.enter(batch).then((mayStart) => started.push(`${name} ${mayStart}`));
  enter("s1", second);
  enter("s2", second);
  enter("f1", first);
  assert.deepEqual(await told(), [
    [2, 0, 10],
    [1, 0, 0],
  ]);
  turns.allow(2);
  await Promise.resolve();
  assert.deepEqual(started, ["f1 true", "s1 true"]);
  turns.leave();
  turns.leave();
  assert.deepEqual(await told(), [[0, 2]]);
});

test("what is withdrawn does not start, and what was allowed for it is given back", async () => {
  const { turns, told } = turnsOf();
  const entered = [turns.enter(first), turns.enter(first), turns.enter(first)];
  assert.deepEqual(await told(), [[3, 0, 0]]);
  turns.allow(1);
  turns.withdraw();
  assert.deepEqual(await Promise.all(entered), [true, false, false]);
  turns.allow(2);
  assert.deepEqual(await told(), [[0, 2]]);
});
