import assert from "node:assert/strict";
import { test } from "node:test";
import type { SampledCall } from "../../../../../core/platform/cpu-sampler.ts";
import type { Call } from "../../../../../core/protocol/call-tree.ts";
import { foldCalls } from "../../../../../core/worker/profile/fold-calls.ts";

const isOwn = (url: string) => url.startsWith("file:///pmap/");
const SCRIPT = "file:///home/score.ts";
const LOOP = "file:///pmap/dist/worker.js";

/** A call by its name, its URL and its caller's number; each has 1 ms of its own on the line of its number. */
function calls(...rows: [name: string, url: string, parent: number][]): SampledCall[] {
  return rows.map(([name, url, parent], i) => ({
    place: { name, url, line: i + 1, column: 1 },
    parent,
    micros: 1000,
    ticks: 1,
    lines: [[i + 1, 1]],
  }));
}

/** `name=ms(inner inner)` */
function drawn({ place, micros, calls: inner }: Call): string {
  const parts = [...inner.values()].map(drawn).join(" ");
  return `${place.name}=${micros / 1000}${parts === "" ? "" : `(${parts})`}`;
}

const folded = (...rows: Parameters<typeof calls>) => drawn(foldCalls(calls(...rows), isOwn).root);

test("frames of pmap and of the runtime around the script are one entry each", () => {
  const tree = folded(
    ["(root)", "", -1],
    ["processTicks", "node:internal/process", 0],
    ["serve", LOOP, 1],
    ["runRecords", LOOP, 2],
    ["JSON.parse", "", 3],
    ["map", SCRIPT, 3],
    ["hash", SCRIPT, 5],
  );
  assert.equal(tree, "(root)=0((native)=2 (pmap)=3 map=1(hash=1))");
});

test("a package that pmap loads is pmap's, unless the script calls it", () => {
  const acorn = "file:///home/node_modules/acorn/dist/acorn.mjs";
  const tree = folded(
    ["(root)", "", -1],
    ["readFields", LOOP, 0],
    ["parse", acorn, 1],
    ["nextToken", acorn, 2],
    ["map", SCRIPT, 1],
    ["parse", acorn, 4],
    ["resume", "file:///home/node_modules/p-limit/index.js", 0],
  );
  assert.equal(tree, "(root)=0((native)=1 (pmap)=4 map=1(parse=1))");
});

test("what the script calls of the runtime is named, has no inside, and may call the script back", () => {
  const tree = folded(
    ["(root)", "", -1],
    ["map", SCRIPT, 0],
    ["readFileSync", "node:fs", 1],
    ["tryRead", "node:fs", 2],
    ["sort", "", 1],
    ["compare", SCRIPT, 4],
  );
  assert.equal(tree, "(root)=0((native)=1 map=1(readFileSync=2 sort=1(compare=1)))");
});

test("time in which nothing was done is left out, garbage collection is told apart", () => {
  const tree = folded(["(root)", "", -1], ["(idle)", "", 0], ["(garbage collector)", "", 0], ["(program)", "", 0]);
  assert.equal(tree, "(root)=0((native)=2 (garbage collector)=1)");
});

test("the continuation of an asynchronous function stands beside the others, not below the runtime", () => {
  const tree = folded(["(root)", "", -1], ["runMicrotasks", "", 0], ["map", SCRIPT, 1]);
  assert.equal(tree, "(root)=0((native)=2 map=1)");
});

test("code from the command line has the lines as typed", () => {
  const [root, own] = calls(["(root)", "", -1], ["loop", LOOP, 0]) as [SampledCall, SampledCall];
  for (const url of ["-e", "(code)"]) {
    const code = {
      place: { name: "", url, line: 4, column: 1 },
      parent: 1,
      micros: 5,
      ticks: 2,
      lines: [[6, 2]] as const,
    };
    const [call] = [...foldCalls([root, own, code], isOwn).root.calls.values()].filter(
      ({ place }) => place.url === url,
    );
    assert.deepEqual([call?.place.name, call?.place.line, [...(call?.lines ?? [])]], ["(anonymous)", 1, [[3, 2]]]);
  }
  // What has no name is the script's only where pmap calls it.
  const tree = folded(["(root)", "", -1], ["map", SCRIPT, 0], ["built in", "(code)", 1]);
  assert.equal(tree, "(root)=0((native)=1 map=1(built in=1))");
});
