// --retry-throws: a record that throws is tried again, and nothing of a failed attempt is left.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { library } from "../support/library.ts";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();

let scripts = 0;
function script(code: string): string {
  const path = join(folder, `script${scripts++}.mjs`);
  writeFileSync(path, code);
  return path;
}

/** Comes back at once. */
const BUSY = 'Object.assign(new Error("busy"), { retryAfter: 0 })';
const numbers = Array.from({ length: 300 }, (_, i) => `${i}\n`).join("");

const MAPS: [what: string, map: string][] = [
  ["a map", `export default (n, ctx) => { COUNT; if (n % 7 === 3 && ctx.attempt < 3) throw ${BUSY}; return n; }`],
  [
    "an async map",
    `export default async (n, ctx) => { COUNT; await null; if (n % 7 === 3 && ctx.attempt < 3) throw ${BUSY}; return n; }`,
  ],
  [
    "a map that is async for some records",
    `export default (n, ctx) => { COUNT; if (n % 7 === 3 && ctx.attempt < 3) throw ${BUSY}; return n > 100 ? Promise.resolve(n) : n; }`,
  ],
  [
    "a generator that has yielded",
    `export default function* (n, ctx) { COUNT; yield n; if (n % 7 === 3 && ctx.attempt < 3) throw ${BUSY}; }`,
  ],
  [
    "an async generator that has yielded",
    `export default async function* (n, ctx) { COUNT; yield n; if (n % 7 === 3 && ctx.attempt < 3) throw ${BUSY}; }`,
  ],
  [
    "a filter",
    `export const filter = (n, ctx) => { COUNT; if (n % 7 === 3 && ctx.attempt < 3) throw ${BUSY}; return true; }`,
  ],
];

for (const [what, code] of MAPS) {
  test(`${what} that throws is tried again, emits once and in order, and counts once`, async () => {
    const path = script(code.replace("COUNT", 'ctx.count("seen"); ctx.count(`attempt ${ctx.attempt}`)'));
    const args = ["-c", "2", "--chunk", "100", "--retry-throws", "2", path];
    const { code: exit, stdout, stderr } = await runPmap(args, { stdin: numbers });
    assert.equal(exit, 0, stderr);
    assert.equal(stdout, numbers);
    assert.match(stderr, /\bseen: 300\b/);
    assert.match(stderr, /\battempt 1: 257\b/);
    assert.match(stderr, /\battempt 3: 43\b/);
    assert.doesNotMatch(stderr, /attempt 2/);
  });
}

test("a reduce and groups take in nothing of a failed attempt", async () => {
  const code = `
    export function* map(n, ctx) { yield n; if (n % 7 === 3 && ctx.attempt === 1) throw ${BUSY}; }
    export const reduce = (a, b) => a + b;`;
  const sum = await runPmap(["--retry-throws=1", script(code)], { stdin: numbers });
  assert.deepEqual([sum.code, sum.stdout], [0, `${(299 * 300) / 2}\n`], sum.stderr);
  const keyed = script(`${code}\nexport const key = (n) => n % 2;`);
  const { stdout } = await runPmap(["--retry-throws=1", keyed], { stdin: numbers });
  assert.equal(stdout, '{"key":0,"value":22350}\n{"key":1,"value":22500}\n');
});

test("a record that always throws fails with the number of its attempts", async () => {
  const path = script(`export default (n, ctx) => { ctx.count("tried"); if (n === 2) throw ${BUSY}; return n; }`);
  const errors = join(folder, "errors.jsonl");
  const args = ["--retry-throws", "2", "--on-error", "skip", "--errors", errors, path];
  const { code, stdout, stderr } = await runPmap(args, { stdin: "1\n2\n3\n" });
  assert.deepEqual([code, stdout], [0, "1\n3\n"]);
  assert.match(stderr, /\btried: 3\b/, "the attempts of one record count once");
  const [reject] = readFileSync(errors, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual([reject.attempts, reject.line, reject.kind], [3, 2, "throw"]);
  const failed = await runPmap(["--retry-throws", "2", path], { stdin: "1\n2\n3\n" });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^pmap: -:2: map threw Error: busy \(the last of 3 attempts\)\n/);
});

test("without the flag nothing is tried again", async () => {
  const path = script(`export default (n, ctx) => { if (ctx.attempt === 1 && n === 2) throw ${BUSY}; return n; }`);
  const { code, stderr } = await runPmap([path], { stdin: "1\n2\n3\n" });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: -:2: map threw Error: busy\n/);
});

test("a script's options can set it", async () => {
  const code = `export const options = { retryThrows: 1 };
    export default (n, ctx) => { if (ctx.attempt === 1) throw ${BUSY}; return n; }`;
  assert.equal((await runPmap([script(code)], { stdin: "1\n2\n" })).stdout, "1\n2\n");
});

test("a time limit is for each attempt, and one that is over is tried again", async () => {
  const path = script(
    "export default (n, ctx) => (n === 2 && ctx.attempt < 3 ? new Promise(() => {}) : Promise.resolve(n));",
  );
  const run = (n: string) => runPmap(["--timeout", "300ms", "--retry-throws", n, path], { stdin: "1\n2\n3\n" });
  const { code, stdout, stderr } = await run("2");
  assert.deepEqual([code, stdout], [0, "1\n2\n3\n"], stderr);
  assert.match((await run("1")).stderr, /-:2: map took longer than 300 ms/);
});

for (const [what, map] of [
  ["a map", "(n, ctx) =>"],
  ["an async map", "async (n, ctx) =>"],
] as const) {
  test(`${what} of another record does not wait for one that waits`, async () => {
    const path = script(`export default ${map} {
      console.error(n + " " + ctx.attempt);
      if (n === 0 && ctx.attempt === 1) throw { retryAfter: 1 };
      return n;
    }`);
    const args = ["-q", "-c1", "--concurrency", "1", "--retry-throws", "1", path];
    const { stdout, stderr } = await runPmap(args, { stdin: "0\n1\n2\n3\n" });
    assert.equal(stdout, "0\n1\n2\n3\n");
    assert.equal(stderr, "0 1\n1 1\n2 1\n3 1\n0 2\n");
  });
}

test("a job whose worker dies does not wait for a record that waits", async () => {
  const path = script(
    "export default async (n, ctx) => { if (n === 1) throw { retryAfter: 3600 }; process.exit(3); };",
  );
  const died = await runPmap(["-c1", "--retries", "0", "--retry-throws", "5", path], { stdin: "2\n1\n" });
  assert.equal(died.code, 1);
  assert.match(died.stderr, /-:1: .*exit/);
});

test("a program says it with retryThrows", async () => {
  const values = await library
    .pmap({ code: { map: "ctx.attempt < 3 ? Promise.reject({ retryAfter: 0 }) : _" } }, [1, 2, 3], {
      retryThrows: 2,
      cores: 1,
    })
    .toArray();
  assert.deepEqual(values, [1, 2, 3]);
});

test("each attempt at a record has the same random numbers, its own context, and what it read", async () => {
  const path = script(`const seen = new Map();
    export default (n, ctx) => {
      const random = ctx.random();
      const before = seen.get(n) ?? [];
      seen.set(n, [...before, [random, ctx.offset, ctx]]);
      if (before.length < 2) throw ${BUSY};
      const [[a, at, first], [b, , second], [c, last, third]] = seen.get(n);
      return [a === b && b === c, at === last && at, first !== second && second !== third];
    };`);
  const { stdout } = await runPmap(["-c1", "--retry-throws", "2", path], { stdin: "1\n2\n3\n" });
  assert.equal(stdout, "[true,0,true]\n[true,2,true]\n[true,4,true]\n");
});

test("a worker that dies while a record waits has not died of it", async () => {
  const path = script(`export default (n, ctx) => {
      if (n === 1 && ctx.attempt === 1) throw { retryAfter: 0.3 };
      if (n === 5) process.exit(4);
      return n;
    };`);
  const args = ["-c1", "--retry-throws", "2", "--on-error", "skip", path];
  const { code, stdout, stderr } = await runPmap(args, { stdin: "1\n2\n3\n4\n5\n6\n" });
  assert.deepEqual([code, stdout], [0, "1\n2\n3\n4\n6\n"], stderr);
  assert.match(stderr, /-:5/);
});
