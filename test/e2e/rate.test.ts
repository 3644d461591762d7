// --rate and --total-concurrency: what all workers do together.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
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
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}\n`).join("");

/** Runs a job that cannot take less than this, however quick the machine. */
async function takesAtLeast(ms: number, args: readonly string[], stdin: string): Promise<string> {
  const beganMs = performance.now();
  const { code, stdout, stderr } = await runPmap(["-q", ...args], { stdin });
  const tookMs = performance.now() - beganMs;
  assert.equal(code, 0, stderr);
  assert.ok(tookMs >= ms, `${tookMs} ms`);
  return stdout;
}

for (const [what, map] of [
  ["a map", "(n) => n"],
  ["an async map", "async (n) => n"],
] as const) {
  test(`records of ${what} start no faster than --rate says, over all workers`, async () => {
    const args = ["-c", "2", "--chunk", "10", "--rate", "10/s", script(`export default ${map};`)];
    assert.equal(await takesAtLeast(4900, args, numbers(50)), numbers(50));
  });
}

test("what starts slowly is committed now and then: a batch is about a second's, from a pipe and a file", async () => {
  const place = mkdtempSync(join(folder, "batches-"));
  const input = join(place, "in.txt");
  const lines = `${"x".repeat(99)}\n`.repeat(40);
  writeFileSync(input, lines);
  for (const args of [["-"], [input]]) {
    const log = join(place, "log.tsv");
    const { stdout } = await runPmap(
      ["-q", "-c1", "--from", "text", "--to", "text", "--rate", "10/s", "--joblog", log, "-e", "_", ...args],
      { stdin: args[0] === "-" ? lines : "" },
    );
    assert.equal(stdout, lines);
    assert.ok(readFileSync(log, "utf8").trimEnd().split("\n").length > 4);
  }
});

test("each attempt counts as a start", async () => {
  const path = script("export default (n, ctx) => { if (ctx.attempt < 5) throw { retryAfter: 0 }; return n; };");
  const args = ["--rate", "600/m", "--retry-throws", "4", path];
  assert.equal(await takesAtLeast(4900, args, numbers(10)), numbers(10));
});

test("a rate goes with a reduce, groups, filters, inline workers and threads, and changes no byte", async () => {
  const code =
    "export const filter = (n) => n % 3 > 0; export const map = (n) => n; export const reduce = (a, b) => a + b;";
  for (const mode of ["process", "thread", "inline"]) {
    const run = (path: string, ...args: string[]) =>
      runPmap(["-q", "--mode", mode, ...args, path], { stdin: numbers(60) });
    const sum = script(code);
    assert.deepEqual(await run(sum, "--rate", "1000/s"), await run(sum), mode);
    const keyed = script(`${code} export const key = (n) => n % 5;`);
    assert.deepEqual(await run(keyed, "--rate", "1000/s", "--total-concurrency", "2"), await run(keyed), mode);
  }
});

test("all workers together have no more in flight than --total-concurrency says", async () => {
  const place = mkdtempSync(join(folder, "flight-"));
  const path = script(`
    import { appendFileSync } from "node:fs";
    // One write of a short line is not torn.
    const note = (text) => appendFileSync(${JSON.stringify(join(place, "log"))}, text);
    export default async (n) => {
      note("+\\n");
      await new Promise((resolve) => setTimeout(resolve, 20));
      note("-\\n");
      return n;
    };`);
  const args = ["-q", "-c", "2", "--chunk", "10", "--total-concurrency", "3", path];
  assert.equal((await runPmap(args, { stdin: numbers(60) })).stdout, numbers(60));
  let [now, most] = [0, 0];
  for (const line of readFileSync(join(place, "log"), "utf8").trimEnd().split("\n")) {
    now += line === "+" ? 1 : -1;
    most = Math.max(most, now);
  }
  assert.equal(now, 0);
  assert.ok(most <= 3, `${most} at once`);
});

test("a worker that dies, and a promise that never settles, keep no one's place", async () => {
  const path = script(`export default (n) => {
    if (n === 3) process.exit(5);
    return n === 5 ? new Promise(() => {}) : Promise.resolve(n);
  };`);
  const args = [
    "-q",
    "-c",
    "2",
    "--chunk",
    "4",
    "--total-concurrency",
    "1",
    "--timeout",
    "500ms",
    "--on-error",
    "skip",
  ];
  const { code, stdout, stderr } = await runPmap([...args, path], { stdin: numbers(9) });
  assert.deepEqual([code, stdout], [0, "0\n1\n2\n4\n6\n7\n8\n"], stderr);
});

test("a job with a rate that fails ends at once", async () => {
  const path = script("export default (n) => { if (n === 1) throw new Error('no'); return n; };");
  const { code, stderr } = await runPmap(["--rate", "2/s", path], { stdin: numbers(10_000) });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: -:2: map threw Error: no\n/);
});

test("a program says it with rate and totalConcurrency, a script in its options, and a pool of items has it too", async () => {
  const beganMs = performance.now();
  const map = { code: { map: "_ + 1" } };
  const values = await library.pmap(map, [1, 2, 3, 4, 5, 6], { rate: "10/s", totalConcurrency: 2, cores: 2 }).toArray();
  assert.deepEqual(values, [2, 3, 4, 5, 6, 7]);
  assert.ok(performance.now() - beganMs >= 450);
  const path = script('export const options = { rate: "10/s", totalConcurrency: 1 }; export default (n) => n;');
  assert.equal(await takesAtLeast(1400, [path], numbers(15)), numbers(15));
  await using pool = await library.createPool((n: number) => n + 1, { rate: "100/s", cores: 1 });
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => pool.run(n))), [2, 3, 4]);
});

test("what is no rate is wrong usage", async () => {
  for (const rate of ["10", "0/s", "10/d", "-1/s", "fast"]) {
    const { code, stderr } = await runPmap([`--rate=${rate}`, "-e", "_"], { stdin: "1\n" });
    assert.equal(code, 2);
    assert.match(stderr, /^pmap: Cannot use --rate ".*": expected a number of records a second, minute or hour: 10\/s/);
  }
});
