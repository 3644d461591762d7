import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { cpuProfileOf } from "../../../../api/profile/cpuprofile.ts";
import { hotLines } from "../../../../api/profile/hot-lines.ts";
import { CallTree } from "../../../../core/protocol/call-tree.ts";

const own = import.meta.url;
const script = { code: { map: "r => {\n  return r.n }" }, codeNames: { map: "-e" } };

function exampleTree(): CallTree {
  const tree = new CallTree();
  const map = tree.call(tree.root, { name: "map", url: own, line: 3, column: 1 });
  tree.add(map, {
    micros: 4000,
    ticks: 4,
    lines: [
      [1, 3],
      [2, 1],
    ],
  });
  tree.add(tree.call(map, { name: "stringify", url: "", line: 0, column: 0 }), { micros: 3000, ticks: 3, lines: [] });
  const code = tree.call(tree.root, { name: "(anonymous)", url: "(code)", line: 1, column: 1 });
  tree.add(code, { micros: 1000, ticks: 10, lines: [[2, 1]] });
  tree.add(tree.call(tree.root, { name: "(pmap)", url: "", line: 0, column: 0 }), {
    micros: 9000,
    ticks: 9,
    lines: [],
  });
  return tree;
}

test("the hottest lines have the text of the file or of the code, and shares of the script's time", () => {
  const { scriptMs, otherMs, lines } = hotLines(exampleTree(), script);
  assert.deepEqual([scriptMs, otherMs], [8, 9]);
  const [line1, inRuntime, ...others] = lines;
  assert.deepEqual([line1?.ms, line1?.share, line1?.text], [3, 3 / 8, 'import assert from "node:assert/strict";']);
  assert.match(`${line1?.place}`, /test\/unit\/api\/profile\/hot-lines\.test\.ts:1$/);
  assert.deepEqual([inRuntime?.ms, inRuntime?.called, inRuntime?.functionName], [3, "stringify", "map"]);
  // Of some ticks the line is not known: they are taken to be spread like the others.
  const code = others.find(({ place }) => place === "-e:2");
  assert.deepEqual([code?.ms, code?.text], [1, "return r.n }"]);
});

test("a line is that of the function that begins above it, also where it counts for the caller", () => {
  const tree = new CallTree();
  const map = tree.call(tree.root, { name: "map", url: "file:///x.ts", line: 20, column: 1 });
  tree.call(map, { name: "hash", url: "file:///x.ts", line: 5, column: 1 });
  tree.add(map, {
    micros: 100,
    ticks: 2,
    lines: [
      [7, 1],
      [22, 1],
    ],
  });
  const { lines } = hotLines(tree, script);
  assert.deepEqual(
    lines.map(({ place, functionName }) => [place, functionName]),
    [
      ["/x.ts:7", "hash"],
      ["/x.ts:22", "map"],
    ],
  );
});

test("no more than ten lines are told, and files that cannot be read have no text", () => {
  const tree = new CallTree();
  const url = pathToFileURL("/nowhere/x.ts").href;
  const map = tree.call(tree.root, { name: "map", url, line: 1, column: 1 });
  for (let line = 1; line <= 30; line++) tree.add(map, { micros: 10, ticks: 1, lines: [[line, 1]] });
  const { lines } = hotLines(tree, script);
  assert.equal(lines.length, 10);
  assert.deepEqual([lines[0]?.place.startsWith("/nowhere/x.ts:"), lines[0]?.text], [true, undefined]);
});

test("in the file each call has one sample that is as long as its time", () => {
  const { nodes, samples, timeDeltas, endTime } = cpuProfileOf(exampleTree());
  const times = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const name = nodes.find((node) => node.id === id)?.callFrame.functionName as string;
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i + 1] ?? 0));
  }
  assert.deepEqual(
    [...times],
    [
      ["map", 4000],
      ["stringify", 3000],
      ["(anonymous)", 1000],
      ["(pmap)", 9000],
      ["(root)", 0],
    ],
  );
  assert.equal(endTime, 17_000);
  const map = nodes.find(({ callFrame }) => callFrame.functionName === "map");
  assert.deepEqual([map?.callFrame.lineNumber, map?.hitCount], [2, 4]);
  assert.deepEqual(map?.positionTicks, [
    { line: 1, ticks: 3 },
    { line: 2, ticks: 1 },
  ]);
});
