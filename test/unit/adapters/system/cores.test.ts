// Containers that are made up: what countCores reads is an argument.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countCores } from "../../../../adapters/system/cores.ts";

function coresIn(files: Readonly<Record<string, string>>, system = 8) {
  return countCores((path) => files[path], system);
}

const status = (list: string) => `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`;

test("a machine that says nothing has the system's count", () => {
  assert.deepEqual(coresIn({}), { usable: 8, system: 8, affinity: undefined, quota: undefined });
  assert.equal(coresIn({}, 0).usable, 1);
});

test("an affinity mask is counted by its ranges", () => {
  const masks: [list: string, cores: number][] = [
    ["0", 1],
    ["0-3", 4],
    ["0-3,8", 5],
    ["0,2,4", 3],
    ["1-2,5-7", 5],
  ];
  for (const [list, cores] of masks) {
    const { usable, affinity } = coresIn({ "/proc/self/status": status(list) });
    assert.deepEqual({ usable, affinity }, { usable: cores, affinity: cores }, list);
  }
  assert.equal(coresIn({ "/proc/self/status": status("0-127") }).usable, 8);
});

test("a quota of cgroup v2 limits the cores, and a part of a core counts as one", () => {
  const quotas: [max: string, quota: number | undefined, usable: number][] = [
    ["200000 100000\n", 2, 2],
    ["150000 100000", 1.5, 2],
    ["50000 100000", 0.5, 1],
    ["100 100000", 0.001, 1],
    ["1600000 100000", 16, 8],
    ["max 100000\n", undefined, 8],
    ["", undefined, 8],
  ];
  for (const [max, quota, usable] of quotas) {
    const cores = coresIn({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": max });
    assert.deepEqual([cores.quota, cores.usable], [quota, usable], max);
  }
});

test("a limit anywhere above us in cgroup v2 is a limit, and the tightest one counts", () => {
  const self = { "/proc/self/cgroup": "0::/system.slice/docker-1.scope/inner\n" };
  const files = {
    ...self,
    "/sys/fs/cgroup/system.slice/docker-1.scope/inner/cpu.max": "max 100000",
    "/sys/fs/cgroup/system.slice/docker-1.scope/cpu.max": "300000 100000",
    "/sys/fs/cgroup/system.slice/cpu.max": "500000 100000",
  };
  assert.equal(coresIn(files).quota, 3);
  assert.equal(coresIn({ ...files, "/sys/fs/cgroup/cpu.max": "200000 100000" }).quota, 2);
  assert.equal(coresIn(self).quota, undefined);
});

const v1 = "11:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/docker/1\n";

test("a quota of cgroup v1 limits the cores, wherever its controller is mounted", () => {
  for (const mount of ["cpu", "cpu,cpuacct"]) {
    const at = `/sys/fs/cgroup/${mount}/docker/1`;
    const files = {
      "/proc/self/cgroup": v1,
      [`${at}/cpu.cfs_quota_us`]: "250000\n",
      [`${at}/cpu.cfs_period_us`]: "100000\n",
    };
    const { quota, usable } = coresIn(files);
    assert.deepEqual([quota, usable], [2.5, 3], mount);
  }
});

test("inside a container cgroup v1 shows its own limit at the root", () => {
  const files = {
    "/proc/self/cgroup": v1,
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
  };
  assert.equal(coresIn(files).quota, 4);
});

test("a quota of -1, or a period that is missing, is no limit in cgroup v1", () => {
  const quota = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us";
  const period = "/sys/fs/cgroup/cpu/cpu.cfs_period_us";
  assert.equal(coresIn({ "/proc/self/cgroup": v1, [quota]: "-1", [period]: "100000" }).quota, undefined);
  assert.equal(coresIn({ "/proc/self/cgroup": v1, [quota]: "100000" }).quota, undefined);
});

test("where both versions are mounted, the controller's own one counts", () => {
  const files = {
    "/proc/self/cgroup": `${v1}0::/docker/1\n`,
    "/sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us": "300000",
    "/sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us": "100000",
  };
  assert.equal(coresIn(files).quota, 3);
});

test("the tightest of system, affinity and quota counts", () => {
  const files = {
    "/proc/self/status": status("0-2"),
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/cpu.max": "200000 100000",
  };
  assert.deepEqual(coresIn(files), { usable: 2, system: 8, affinity: 3, quota: 2 });
  assert.equal(coresIn(files, 1).usable, 1);
});

test("this machine has at least one core, and no more than the system says", () => {
  const { usable, system } = countCores();
  assert.equal(Number.isInteger(usable) && usable >= 1 && usable <= system, true);
});
