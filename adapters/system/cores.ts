/**
 * How many cores this process may really use. The system's count lies in containers: there the limit is a CPU quota
 * (cgroup v1 or v2, at any level above us) or a set of allowed CPUs.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export interface Cores {
  readonly usable: number;
  /** What each source says; undefined where it says nothing. */
  readonly system: number;
  readonly affinity: number | undefined;
  readonly quota: number | undefined;
}

/** Reads a small file; undefined when there is none. An argument so that tests can make up a container. */
export type ReadText = (path: string) => string | undefined;

export function countCores(read: ReadText = readText, system = availableParallelism()): Cores {
  const affinity = affinityOf(read("/proc/self/status"));
  const quota = quotaOf(read);
  // A quota of 1.5 cores is two workers that share it: one would leave half a core idle.
  const limits = [system, affinity, quota === undefined ? undefined : Math.ceil(quota)];
  const usable = Math.max(1, Math.min(...limits.filter((limit) => limit !== undefined)));
  return { usable, system, affinity, quota };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** `Cpus_allowed_list: 0-3,8` is five. */
function affinityOf(status: string | undefined): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? "")?.[1];
  if (list === undefined) return undefined;
  let count = 0;
  for (const part of list.split(",")) {
    const [first, last = first] = part.split("-").map(Number);
    count += (last as number) - (first as number) + 1;
  }
  return count;
}

function quotaOf(read: ReadText): number | undefined {
  const groups = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const quotas: number[] = [];
  for (const [, controllers = "", path = ""] of groups) {
    for (const folder of upwards(path)) {
      if (controllers === "") quotas.push(quotaV2(read(`/sys/fs/cgroup${folder}/cpu.max`)));
      else if (controllers.split(",").includes("cpu")) {
        for (const mount of ["cpu", "cpu,cpuacct"]) {
          const base = `/sys/fs/cgroup/${mount}${folder}`;
          quotas.push(quotaV1(read(`${base}/cpu.cfs_quota_us`), read(`${base}/cpu.cfs_period_us`)));
        }
      }
    }
  }
  const least = Math.min(...quotas);
  return Number.isFinite(least) ? least : undefined;
}

/** `/a/b`, `/a`, and the root as an empty path: a limit anywhere above us is a limit. */
function upwards(path: string): string[] {
  const folders: string[] = [];
  for (let folder = path.replace(/\/$/, ""); folder !== ""; folder = folder.slice(0, folder.lastIndexOf("/"))) {
    folders.push(folder);
  }
  return [...folders, ""];
}

function quotaV2(text: string | undefined): number {
  const [quota, period] = (text ?? "max").trim().split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 ? quota / period : Number.POSITIVE_INFINITY;
}

function quotaV1(quota: string | undefined, period: string | undefined): number {
  const [used, of] = [Number(quota ?? -1), Number(period ?? 0)];
  return used > 0 && of > 0 ? used / of : Number.POSITIVE_INFINITY;
}
