// What pmap doctor says of this machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { coresLines } from "../../cli/doctor.ts";
import { ownRuntime, pmapCommand, runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();

test("doctor tells of cores, memory, runtimes, cache and TMPDIR", async () => {
  const { code, stdout, stderr } = await runPmap(["doctor"], { env: { TMPDIR: folder } });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, new RegExp(`^pmap \\d+\\.\\d+\\.\\d+ on ${ownRuntime} \\d`));
  for (const word of ["cores", "memory", "load", "runtimes", "TypeScript", "cache", "TMPDIR", "formats", "locks"])
    assert.match(stdout, new RegExp(`^${word} +\\S`, "m"));
  for (const name of ["node", "deno", "bun"]) assert.match(stdout, new RegExp(` ${name} +\\d+\\.\\d+`));
  assert.match(stdout, new RegExp(`^TMPDIR +${folder}, .* free, can be written, programs in it can`, "m"));
});

test("the number of cores comes with its reason", () => {
  const cores = { usable: 2, system: 8, affinity: 8, quota: 1.5 };
  assert.deepEqual(coresLines(cores, 8), [
    "2 usable, because of the CPU quota",
    "the machine has 8, the affinity mask allows 8, the CPU quota allows 1.5",
  ]);
  assert.match(coresLines({ ...cores, affinity: 2, quota: undefined }, 8)[0] ?? "", /because of the affinity mask/);
  assert.equal(coresLines({ ...cores, usable: 8, quota: undefined }, 8)[0], "8 usable");
});

test("an affinity mask is the reason when there is one", { skip: cpus().length < 2 }, () => {
  const { stdout, error } = spawnSync("taskset", ["-c", "0", ...pmapCommand, "doctor"], { encoding: "utf8" });
  if (error !== undefined) return;
  assert.match(stdout, /^cores +1 usable, because of the affinity mask$/m);
});

test("what does not work here is told with its reason", async () => {
  const env = { TMPDIR: join(folder, "none"), PATH: join(folder, "empty") };
  const { code, stdout } = await runPmap(["doctor"], { env });
  assert.equal(code, 0);
  const problems = stdout.slice(stdout.indexOf("does not work here"));
  for (const name of ["node", "deno", "bun"].filter((name) => name !== ownRuntime))
    assert.match(problems, new RegExp(`^ {2}--runtime ${name}: it is not on the PATH\\. Install it `, "m"));
  assert.match(problems, /^ {2}reading zstd files: there is no program "zstd" on the PATH$/m);
  assert.match(problems, /^ {2}a key without -o.*none cannot be written\. Set TMPDIR/m);
  assert.equal(/--sandbox: it needs Deno/.test(problems), ownRuntime !== "deno");
});

test("a TMPDIR without programs is found out", () => {
  // A mount of our own, where the system lets us make one.
  const mounted = `mount -t tmpfs -o noexec none ${folder} && TMPDIR=${folder} "$@"`;
  const { status, stdout } = spawnSync("unshare", ["-rm", "sh", "-c", mounted, "sh", ...pmapCommand, "doctor"], {
    encoding: "utf8",
  });
  if (status !== 0) return;
  assert.match(stdout, /programs in it cannot be executed$/m);
});

test("doctor takes no words, and has a help", async () => {
  assert.equal((await runPmap(["doctor", "x"])).code, 2);
  assert.match((await runPmap(["doctor", "--help"])).stdout, /^pmap doctor\n\nPrints what this machine/);
});
