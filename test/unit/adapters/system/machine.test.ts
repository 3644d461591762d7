import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { memoryOf, tryFolder } from "../../../../adapters/system/machine.ts";

const reads = (files: Readonly<Record<string, string>>) => (path: string) => files[path];
const GIB = 1024 ** 3;

test("the memory limit is the least one of the cgroups above us", () => {
  const { limitBytes, availableBytes } = memoryOf(
    reads({
      "/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    1048576 kB\n",
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/memory.max": "max\n",
      "/sys/fs/cgroup/a/memory.max": `${2 * GIB}\n`,
      "/sys/fs/cgroup/memory.max": `${4 * GIB}\n`,
    }),
  );
  assert.deepEqual([limitBytes, availableBytes], [2 * GIB, GIB]);
});

test("cgroup v1 has another file, and a number near 2^63 is no limit", () => {
  const limit = (text: string) =>
    memoryOf(
      reads({
        "/proc/self/cgroup": "9:cpu:/x\n4:memory:/docker/1\n",
        "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": text,
      }),
    ).limitBytes;
  assert.equal(limit(`${GIB}\n`), GIB);
  assert.equal(limit("9223372036854771712\n"), undefined);
  assert.equal(memoryOf(reads({})).limitBytes, undefined);
});

test("a folder is tried, and nothing is left in it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pmap-test-"));
  try {
    const { notWritable, executes } = await tryFolder(folder);
    assert.equal(notWritable, undefined);
    assert.equal(typeof executes, "boolean");
    assert.deepEqual(readdirSync(folder), []);
    assert.equal((await tryFolder(join(folder, "none"))).notWritable, "there is no such folder");
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (existsSync("/proc/self")) assert.notEqual((await tryFolder("/proc")).notWritable, undefined);
});
