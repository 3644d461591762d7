/** What this machine offers to jobs, for `pmap doctor` and `--version`. */
import { cpus, loadavg, tmpdir } from "node:os";
import { resolve } from "node:path";
import { compileCacheState } from "../adapters/node/compile-cache.ts";
import { WORKER_COMMANDS } from "../adapters/spawn-workers.ts";
import { type Cores, countCores } from "../adapters/system/cores.ts";
import { PROGRAMS } from "../adapters/system/decompress.ts";
import { type Folder, type Memory, memoryOf, tryFolder } from "../adapters/system/machine.ts";
import { findProgram } from "../adapters/system/programs.ts";
import { type FoundRuntime, findRuntimes } from "../adapters/system/runtimes.ts";
import type { RuntimeName } from "../core/platform/runtime.ts";

export type { Cores } from "../adapters/system/cores.ts";
export type { Folder, Memory } from "../adapters/system/machine.ts";

export interface Machine {
  readonly runtimes: readonly OfferedRuntime[];
  readonly cores: Cores;
  /** All that the machine has: what the system counts for us may be less already. */
  readonly allCores: number;
  readonly memory: Memory;
  /** Processes that want a core, on average over the last minute. */
  readonly load: number;
  /** Where the code of a runtime is kept compiled, or why it is not; undefined where pmap uses no such cache. */
  readonly compileCache: string | undefined;
  readonly temporary: Folder & { readonly path: string };
  /** Programs that read compressed files. */
  readonly decompressors: { readonly there: readonly string[]; readonly missing: readonly string[] };
  /** Whether the system's own locks can be had. */
  readonly hasFlock: boolean;
}

export interface OfferedRuntime extends FoundRuntime {
  /** How to get it. */
  readonly install: string;
  readonly hasSandbox: boolean;
}

/** @param own the runtime that runs us */
export async function lookAtMachine(own: RuntimeName): Promise<Machine> {
  const path = resolve(tmpdir());
  const [runtimes, folder] = await Promise.all([offeredRuntimes(own), tryFolder(path)]);
  const programs = Object.values(PROGRAMS);
  const there = programs.filter((name) => findProgram(name) !== undefined);
  return {
    runtimes,
    cores: countCores(),
    allCores: cpus().length,
    memory: memoryOf(),
    load: loadavg()[0] ?? 0,
    compileCache: own === "node" ? compileCacheState() : undefined,
    temporary: { ...folder, path },
    decompressors: { there, missing: programs.filter((name) => !there.includes(name)) },
    hasFlock: findProgram("flock") !== undefined,
  };
}

export async function offeredRuntimes(own: RuntimeName): Promise<OfferedRuntime[]> {
  return (await findRuntimes(own)).map((found) => {
    const { install, noSandbox } = WORKER_COMMANDS[found.name];
    return { ...found, install, hasSandbox: noSandbox === undefined };
  });
}
