import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, finished, fixture, runPmap, startPmap, temporaryFolder } from "../cli/run-pmap.ts";

const folder = temporaryFolder();
const input = join(folder, "numbers.jsonl");
const records = 8000;
writeFileSync(input, Array.from({ length: records }, (_, n) => `{"n":${n}}\n`).join(""));

/** Kills the coordinator again and again, each time when its journal has grown; returns how often. */
async function killUntilDone(args: readonly string[], journal: string): Promise<number> {
  for (let kills = 0; ; kills++) {
    const before = existsSync(journal) ? readFileSync(journal, "utf8").trimEnd().split("\n").length : 0;
    const child = startPmap([...args, "--resume"], { cwd: folder });
    const result = finished(child, "");
    // A journal that has been made anew has two lines: what the job is, and where it went on.
    const grown = () =>
      child.exitCode !== null ||
      (existsSync(journal) && readFileSync(journal, "utf8").split("\n").length > Math.min(before, 2) + 1);
    assert.ok(await eventually(grown), "the journal does not grow");
    if (kills < 2) child.kill("SIGKILL");
    const { code, stderr } = await result;
    if (code !== null) {
      assert.equal(code, 0, stderr);
      return kills;
    }
  }
}

for (const script of ["hashes_slowly.ts", "sums_hashes_slowly.ts"]) {
  test(`${script}: after kill -9 of the coordinator, --resume comes to the bytes of an undisturbed run`, async () => {
    const undisturbed = await runPmap([fixture(script), input, "-o", "whole"], { cwd: folder });
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const kills = await killUntilDone([fixture(script), input, "-o", "resumed"], join(folder, ".resumed.pmap-journal"));
    assert.ok(kills > 0, "the job was done before it could be killed");
    assert.equal(readFileSync(join(folder, "resumed"), "utf8"), readFileSync(join(folder, "whole"), "utf8"));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes(".pmap")),
      [],
    );
  });
}

test("an interrupted job says how to go on, and refuses when its input has changed", async () => {
  const args = ["-c", "1", fixture("hashes_slowly.ts"), input, "-o", "changed"];
  const child = startPmap(args, { cwd: folder });
  const result = finished(child, "");
  assert.ok(await eventually(() => existsSync(join(folder, ".changed.pmap-journal"))));
  // Not child.kill: Deno would then report the end as a signal, whatever the exit code.
  process.kill(child.pid as number, "SIGINT");
  const { code, stderr } = await result;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /--resume goes on/);
  assert.equal(existsSync(join(folder, "changed")), false);
  writeFileSync(input, `${readFileSync(input, "utf8")}{"n":0}\n`);
  const refused = await runPmap([...args, "--resume"], { cwd: folder });
  // Nothing may have been committed yet when the signal came: then there is nothing to refuse.
  if (refused.code === 0) return assert.equal(existsSync(join(folder, "changed")), true);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Cannot resume "changed": the input changed/);
});

test("two jobs cannot write the same output at once", async () => {
  const args = ["-c", "1", fixture("hashes_slowly.ts"), input, "-o", "contested"];
  const child = startPmap(args, { cwd: folder });
  const result = finished(child, "");
  assert.ok(await eventually(() => existsSync(join(folder, ".contested.pmap-lock"))));
  const second = await runPmap(args, { cwd: folder });
  child.kill("SIGKILL");
  await result;
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another pmap \(process \d+\) is writing it/);
});

test("--resume needs an output that can be gone back to", async () => {
  const { code, stderr } = await runPmap(["--resume", "-e", "_", input]);
  assert.deepEqual([code, stderr.includes("Cannot use --resume without -o")], [2, true]);
});
