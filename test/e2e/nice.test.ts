// --nice: the priority of worker processes, as the system tells of their threads.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pmapCommand, runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const script = join(folder, "tells_priority.mjs");
// Field 19 of stat; the name before it may hold anything.
writeFileSync(
  script,
  `import { readdirSync, readFileSync } from "node:fs";
   const niceOf = (id) => Number(readFileSync("/proc/self/task/" + id + "/stat", "utf8").split(") ").at(-1).split(" ")[16]);
   export default () => [...new Set(readdirSync("/proc/self/task").map(niceOf))];`,
);
const isLinux = process.platform === "linux";

test("all threads of all workers have the priority, also those that are replaced", { skip: !isLinux }, async () => {
  const args = ["--nice", "7", "-c", "2", "--chunk", "4", "--recycle", "1", script];
  const { code, stdout, stderr } = await runPmap(args, { stdin: "1\n2\n3\n4\n5\n6\n" });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout, "[7]\n".repeat(6));
});

test("without it workers have that of pmap", { skip: !isLinux }, async () => {
  const { stdout } = await runPmap([script], { stdin: "1\n" });
  const own = spawnSync("nice", { encoding: "utf8" }).stdout.trim();
  assert.equal(stdout, `[${own}]\n`);
});

test("what the system does not allow is a warning, and the job goes on", { skip: !isLinux }, () => {
  const drop = ["--bounding-set=-sys_nice", ...pmapCommand];
  const { status, stdout, stderr, error } = spawnSync("setpriv", [...drop, "--nice", "-5", "-c2", "-e", "_"], {
    input: "1\n2\n",
    encoding: "utf8",
  });
  // There is no such program, or another user may not use it.
  if (error !== undefined || status === 1 || status === 127) return;
  assert.deepEqual([status, stdout], [0, "1\n2\n"]);
  assert.equal(
    stderr,
    "pmap: warning: Cannot give the workers the priority -5: permission denied\nThey have that of pmap itself\n",
  );
});

test("what cannot have a priority, and what is none, is wrong usage", async () => {
  for (const mode of ["thread", "inline"]) {
    const { code, stderr } = await runPmap(["--nice", "5", "--mode", mode, "-e", "_"], { stdin: "1\n" });
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^pmap: Cannot use --nice with --mode ${mode}: only a process`));
  }
  for (const value of ["20", "-21", "low", "1.5"]) {
    const { code, stderr } = await runPmap([`--nice=${value}`, "-e", "_"], { stdin: "1\n" });
    assert.equal(code, 2);
    assert.match(stderr, /^pmap: Cannot use --nice ".*": expected a whole number from -20 to 19\n/);
  }
});
