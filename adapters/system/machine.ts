/** What the machine has, for people: memory and its limit, and what a folder is good for. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import type { ReadText } from "./cores.ts";
import { reasonOf } from "./file-errors.ts";

export interface Memory {
  readonly totalBytes: number;
  /** What can be had without swapping. */
  readonly availableBytes: number;
  /** The container's, at any level above us; undefined where there is none. */
  readonly limitBytes: number | undefined;
}

export function memoryOf(read: ReadText = readText): Memory {
  const available = Number(/^MemAvailable:\s*(\d+) kB/m.exec(read("/proc/meminfo") ?? "")?.[1] ?? Number.NaN) * 1024;
  return {
    totalBytes: totalmem(),
    availableBytes: Number.isFinite(available) ? available : freemem(),
    limitBytes: memoryLimit(read),
  };
}

/** The least limit of a cgroup, v2 or v1, from ours upwards. */
function memoryLimit(read: ReadText): number | undefined {
  const limits: number[] = [];
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers = "", path = ""] = line.split(":");
    const isV1 = controllers.split(",").includes("memory");
    if (controllers !== "" && !isV1) continue;
    const [mount, file] = isV1 ? ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"] : ["/sys/fs/cgroup", "memory.max"];
    for (let folder = path.replace(/\/$/, ""); ; folder = folder.slice(0, folder.lastIndexOf("/"))) {
      limits.push(Number.parseInt(read(`${mount}${folder}/${file}`) ?? "", 10));
      if (folder === "") break;
    }
  }
  // Without a limit v1 says a number near 2^63.
  const real = limits.filter((limit) => limit > 0 && limit < 2 ** 60);
  return real.length === 0 ? undefined : Math.min(...real);
}

export interface Folder {
  /** Why it cannot be written; undefined when it can. */
  readonly notWritable: string | undefined;
  /** Whether a program in it can be started; undefined where that was not tried. */
  readonly executes: boolean | undefined;
  /** Undefined where the system does not tell. */
  readonly freeBytes: number | undefined;
}

/** Tries a folder with a small program of the shell. */
export async function tryFolder(folder: string): Promise<Folder> {
  const freeBytes = freeBytesOf(folder);
  let own: string | undefined;
  try {
    own = mkdtempSync(join(folder, "pmap-doctor-"));
    const program = join(own, "try");
    writeFileSync(program, "#!/bin/sh\nexit 0\n");
    chmodSync(program, 0o700);
    return { notWritable: undefined, executes: await starts(program), freeBytes };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return { notWritable: isMissing ? "there is no such folder" : reasonOf(error), executes: undefined, freeBytes };
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

function starts(program: string): Promise<boolean> {
  return new Promise((resolve) => execFile(program, { timeout: 10_000 }, (error) => resolve(error === null)));
}

function freeBytesOf(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
