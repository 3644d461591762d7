import assert from "node:assert/strict";
import { test } from "node:test";
import type { CodePlace } from "../../../../core/platform/cpu-sampler.ts";
import { type Call, CallTree, isCpuProfile, MOST_CALLS } from "../../../../core/protocol/call-tree.ts";

const place = (name: string, line = 1): CodePlace => ({ name, url: "file:///s.ts", line, column: 1 });
const time = (micros: number, line = 1) => ({ micros, ticks: micros / 10, lines: [[line, micros / 10] as const] });

function sum(call: Call): { micros: number; ticks: number } {
  const inner = [...call.calls.values()].map(sum);
  return {
    micros: inner.reduce((all, { micros }) => all + micros, call.micros),
    ticks: inner.reduce((all, { ticks }) => all + ticks, call.ticks),
  };
}

test("profiles of several workers add up to one tree, through the message and back", () => {
  const both = new CallTree();
  for (const micros of [100, 40]) {
    const tree = new CallTree();
    const map = tree.call(tree.root, place("map"));
    tree.add(map, time(micros, 3));
    tree.add(tree.call(map, place("hash", 9)), time(2 * micros, 10));
    const sent = JSON.parse(JSON.stringify(tree.profile()));
    assert.ok(isCpuProfile(sent));
    both.addAll(sent);
  }
  const [map] = both.root.calls.values();
  const [hash] = map?.calls.values() ?? [];
  assert.deepEqual([map?.place.name, map?.micros, map?.ticks, [...(map?.lines ?? [])]], ["map", 140, 14, [[3, 14]]]);
  assert.deepEqual([hash?.place.line, hash?.micros, [...(hash?.lines ?? [])]], [9, 280, [[10, 28]]]);
  assert.equal(both.count, 3);
});

test("a tree that is too large keeps the calls with the most time, and no time is lost", () => {
  const tree = new CallTree();
  for (let i = 0; i < 50; i++) {
    const call = tree.call(tree.root, place(`f${i}`));
    for (let j = 0; j < 50; j++) tree.add(tree.call(call, place(`g${j}`)), time(10 * (i + j)));
  }
  const before = sum(tree.root);
  tree.prune(100);
  assert.equal(tree.count, 100);
  assert.ok([...tree.root.calls.values()].some(({ place: { name }, calls }) => name === "f49" && calls.size > 0));
  assert.deepEqual(sum(tree.root), before);
  let count = 0;
  const look = (call: Call) => {
    count++;
    for (const inner of call.calls.values()) look(inner);
  };
  look(tree.root);
  assert.equal(count, 100);
});

test("names and URLs that are too long are cut", () => {
  const tree = new CallTree();
  tree.add(tree.call(tree.root, { ...place("n".repeat(100_000)), url: `data:${"x".repeat(100_000)}` }), time(10));
  assert.ok(JSON.stringify(tree.profile()).length < 2000);
});

test("what is no profile is none", () => {
  const root = place("(root)");
  const row = [0, 0, 0, 0];
  const good = { functions: [root], calls: [row] };
  assert.ok(isCpuProfile(good));
  for (const bad of [
    undefined,
    {},
    { ...good, functions: [{ ...root, name: 3 }] },
    { ...good, functions: [{ ...root, line: 0.5 }] },
    { ...good, calls: [row, [1, 0, 0, 0]] },
    { ...good, calls: [row, [0, 1, 0, 0]] },
    { ...good, calls: [[0, 0, -1, 0]] },
    { ...good, calls: [[0, 0, 1]] },
    { ...good, calls: [[0, 0, 1, 1, 5]] },
    { ...good, calls: Array.from({ length: MOST_CALLS + 1 }, () => row) },
  ])
    assert.ok(!isCpuProfile(bad), JSON.stringify(bad)?.slice(0, 80));
});
