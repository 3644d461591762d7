// One slow record in front of many quick ones: few messages, a bounded window, and signals are heard.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finished, runPmap, runShell, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const RECORDS = 200_000;
const script = join(folder, "slow-first.mjs");
writeFileSync(
  script,
  `let n = 0;
export default (record) => {
  if (record === 0 && n++ === 0) { const end = Date.now() + 1000; while (Date.now() < end); }
  return record;
};`,
);
writeFileSync(join(folder, "input"), `0\n${"1\n".repeat(RECORDS - 1)}`);

for (const [how, line] of [
  ["a pipe", "cat input | pmap -c 2 --stats=stats.json slow-first.mjs"],
  ["a file", "pmap -c 2 --stats=stats.json slow-first.mjs input"],
  ["a reduce", "cat input | pmap -c 2 --stats=stats.json slow-first.mjs --reduce '(a, b) => a + b'"],
] as const) {
  test(`a slow first record of ${how} makes few messages`, async () => {
    const { code, stdout, stderr } = await runShell(line, { cwd: folder });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout.startsWith(how === "a reduce" ? `${RECORDS - 1}\n` : "0\n1\n1\n"));
    const { total } = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8"));
    assert.equal(total.records, RECORDS);
    // A request lasts 50 ms where it can: the quick records are done in a few, and assignments double from a record on.
    assert.ok(total.batches < 300, `${total.batches} batches`);
  });
}

test("the reader of an endless pipe has gone while the first record is slow: the job ends", async () => {
  const { code, stdout } = await runShell(`(echo 0; yes 1) | pmap -c 2 ${script} | head -n 3`, { cwd: folder });
  assert.deepEqual([code, stdout], [0, "0\n1\n1\n"]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} is heard behind a slow first record`, async () => {
    const child = startPmap(["-c", "2", script]);
    child.stdin?.on("error", () => {});
    child.stdin?.write(`0\n${"1\n".repeat(RECORDS)}`);
    // The first output comes when the slow record is done: the rest is being committed.
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    // Not child.kill: Deno would then report the end as a signal, whatever the exit code.
    process.kill(child.pid as number, signal);
    const { code } = await finished(child);
    assert.equal(code, signal === "SIGINT" ? 130 : 143);
  });
}

test("what waits behind a slow record is no more than a window", async () => {
  const code = "_ === 0 ? await new Promise((resolve) => setTimeout(() => resolve(0), 300)) : _";
  const { stdout, stderr } = await runPmap(["-c", "2", "--concurrency", "2", "-e", `async (_) => ${code}`, "input"], {
    cwd: folder,
  });
  assert.equal(stderr, "");
  assert.equal(stdout.length, 2 * RECORDS);
});
