// A script that puts another JSON.parse in place changes its own world, not pmap's.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const lines = Array.from(
  { length: 20_000 },
  (_, i) => `{"id":${i},"odd":"\\u00e9${"x".repeat(i % 40)}","deep":[{"n":${i}e0}]}`,
);
writeFileSync(join(folder, "input"), `${lines.join("\n")}\n`);
writeFileSync(
  join(folder, "patches.mjs"),
  `JSON.parse = () => "parsed by the script";
JSON.stringify = () => '"printed by the script"';
export default (r) => r;`,
);

test("what a script puts in the place of JSON.parse and JSON.stringify is not what pmap reads and prints with", async () => {
  for (const cores of ["1", "3"]) {
    const { code, stdout, stderr } = await runPmap(["-c", cores, "patches.mjs", "input"], { cwd: folder });
    assert.deepEqual([code, stderr], [0, ""]);
    const { stdout: plain } = await runPmap(["-c", cores, "-e", "_", "input"], { cwd: folder });
    assert.equal(stdout, plain);
  }
  const keyed = ["--key", "r => r.id % 3", "--reduce", "(a, b) => a", "input"];
  const { stdout } = await runPmap(["-c", "2", "patches.mjs", ...keyed], { cwd: folder });
  assert.equal(stdout, (await runPmap(["-c", "2", "-e", "_", ...keyed], { cwd: folder })).stdout);
});

test("where there is no WebAssembly, or a script takes it away, records are the same", async () => {
  const print = "({ id: _.id, odd: _.odd, deep: _.deep })";
  const { stdout: plain } = await runPmap(["-c", "1", "-e", print, "input"], { cwd: folder });
  writeFileSync(join(folder, "takes.mjs"), `delete globalThis.WebAssembly;\nexport default (_) => ${print};`);
  const taken = await runPmap(["-c", "1", "takes.mjs", "input"], { cwd: folder });
  assert.deepEqual([taken.code, taken.stdout], [0, plain]);
  // Other runtimes do not look at this variable.
  const env = { NODE_OPTIONS: "--jitless" };
  const without = await runPmap(["-c", "1", "-e", print, "input"], { cwd: folder, env });
  assert.deepEqual([without.code, without.stdout], [0, plain]);
});

test("clocks that a script stops, as libraries for tests do, are not the clocks of pmap", async () => {
  writeFileSync(
    join(folder, "stops.mjs"),
    `globalThis.setTimeout = () => ({ unref() {} });
globalThis.clearTimeout = () => {};
performance.now = Date.now = () => 0;
export default (r) => r;`,
  );
  const { code, stdout, stderr } = await runPmap(["-c", "2", "stops.mjs", "input"], { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout, (await runPmap(["-c", "2", "-e", "_", "input"], { cwd: folder })).stdout);
});
