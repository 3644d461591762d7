// Which of the records that wait for a place goes next.
import assert from "node:assert/strict";
import { test } from "node:test";
import pLimit from "p-limit";
import { Places } from "../../../../../core/worker/records/places.ts";
import { RecordQueue } from "../../../../../core/worker/records/record-queue.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

test("what is in front in the input goes first, whenever its batch has come, and as many run as there are places", async () => {
  const places = new Places(pLimit(2));
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const run = (name: string) => {
    begun.push(name);
    return new Promise<{ values: string[] }>((resolve) => ends.push(() => resolve({ values: [name] })));
  };
  const late = new RecordQueue({ source: 1, start: 0 }, places, run);
  const middle = new RecordQueue({ source: 0, start: 90 }, places, run);
  const front = new RecordQueue({ source: 0, start: 7 }, places, run);
  const settled = ["l1", "l2", "l3"].map((name) => late.add(name));
  await turn();
  assert.deepEqual(begun, ["l1", "l2"]);
  settled.push(middle.add("m1"), front.add("f1"), front.add("f2"));
  for (const end of ends.splice(0)) end();
  await turn();
  assert.deepEqual(begun.slice(2), ["f1", "f2"]);
  for (const end of ends.splice(0)) end();
  await turn();
  assert.deepEqual(begun.slice(4), ["m1", "l3"]);
  for (const end of ends.splice(0)) end();
  assert.deepEqual(
    (await Promise.all(settled)).map((each) => "values" in each && each.values[0]),
    ["l1", "l2", "l3", "m1", "f1", "f2"],
  );
  // All places have been given back.
  void front.add("f3");
  void front.add("f4");
  await turn();
  assert.deepEqual(begun.slice(6), ["f3", "f4"]);
});

test("a record whose run rejects gives its place back", async () => {
  const places = new Places(pLimit(1));
  const queue = new RecordQueue<number>({ source: 0, start: 0 }, places, async (record) => {
    if (record === 0) throw new Error("no");
    return { values: [record] };
  });
  const [first, second] = [queue.add(0), queue.add(1)];
  await assert.rejects(first, /no/);
  assert.deepEqual(await second, { values: [1] });
});
