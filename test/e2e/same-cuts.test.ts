// laws: a file, a pipe, several files and a slow producer with the same bytes give the same bits.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finished, runPmap, runShell, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const lines = Array.from({ length: 40_000 }, (_, i) => `${1 / (i + 1)}\n`);
writeFileSync(join(folder, "all"), lines.join(""));
// Two of the borders lie in the middle of a chunk, one of the files is empty.
for (const [name, from, to] of [
  ["a", 0, 3],
  ["b", 3, 3],
  ["c", 3, 17_001],
  ["d", 17_001, 40_000],
] as const)
  writeFileSync(join(folder, name), lines.slice(from, to).join(""));

const JOBS: Readonly<Record<string, readonly string[]>> = {
  "a sum": ["-e", "_", "--reduce", "(a, b) => a + b"],
  "a sum in chunks of 1,000 bytes": ["--chunk", "1000", "-e", "_", "--reduce", "(a, b) => a + b"],
  "sums by key": ["--key", "Math.floor(1 / _) % 7", "--reduce", "(a, b) => a + b", "-e", "_"],
  "a map over chunks of bytes": ["--from", "bytes", "-e", "b => b.length"],
  "a sum over chunks of bytes": [
    ...["--from", "bytes", "-e", "b => new TextDecoder().decode(b).split('\\n').reduce((s, t) => s + Number(t), 0)"],
    ...["--reduce", "(a, b) => a + b"],
  ],
};

for (const [name, job] of Object.entries(JOBS)) {
  test(`${name} has the same bits from a file, a pipe, several files and bytes that come in drops`, async () => {
    const options = { cwd: folder };
    const { code, stdout, stderr } = await runPmap(["-c", "1", ...job, "all"], options);
    assert.deepEqual([code, stderr], [0, ""]);
    const words = ["-c", "3", ...job].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    // With --from bytes a record is what a chunk has of one file.
    const files = job.includes("bytes") ? ["all"] : ["a", "b", "c", "d"];
    const others = {
      pipe: runShell(`cat all | pmap ${words}`, options),
      files: runPmap(["-c", "2", ...job, ...files], options),
      drops: runShell(`dd if=all bs=777 status=none | pmap ${words}`, options),
      "redirected file": runShell(`pmap ${words} < all`, options),
    };
    for (const [how, run] of Object.entries(others))
      assert.deepEqual({ how, ...(await run) }, { how, code: 0, signal: null, stdout, stderr: "" });
  });
}

test("a slow producer's float sum is that of a file", async () => {
  const [first = "", ...rest] = lines.slice(0, 300);
  const { stdout } = await runPmap(["--reduce", "(a, b) => a + b"], { stdin: [first, ...rest].join("") });
  const child = startPmap(["-c", "2", "--reduce", "(a, b) => a + b"]);
  for (const line of [first, ...rest]) {
    child.stdin?.write(line);
    await new Promise((resolve) => setImmediate(resolve));
  }
  child.stdin?.end();
  assert.equal((await finished(child)).stdout, stdout);
});

test("a hundred slow records of 200 bytes are shared out: a chunk at the start has one of them", async () => {
  const slow = Array.from({ length: 100 }, (_, i) => JSON.stringify([i, "x".repeat(190)]));
  writeFileSync(join(folder, "slow"), `${slow.join("\n")}\n`);
  // The first worker waits for the second one, however long that takes to start: what it has left is there for both.
  const script = `import { existsSync, writeFileSync } from "node:fs";
export default ([i], ctx) => {
  if (ctx.worker === 1) writeFileSync("second", "");
  const latest = Date.now() + 30_000;
  while (ctx.worker === 0 && i === 10 && !existsSync("second") && Date.now() < latest);
  const end = Date.now() + 3;
  while (Date.now() < end);
  return [ctx.worker];
};
export const reduce = (a, b) => [...a, ...b];
`;
  writeFileSync(join(folder, "waits.mjs"), script);
  const { stdout, stderr } = await runPmap(["-c", "2", "waits.mjs", "slow"], { cwd: folder });
  const workers = JSON.parse(stdout) as number[];
  assert.equal(workers.length, 100, stderr);
  for (const worker of [0, 1]) assert.ok(workers.filter((each) => each === worker).length >= 5, workers.join());
});
