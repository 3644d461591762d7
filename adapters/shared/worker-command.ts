/** What there is to know of a runtime to start its workers as processes, from whichever runtime we are on. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PortDescriptors, RuntimeName } from "../../core/platform/runtime.ts";

export interface WorkerCommandOptions {
  /** The runtime's program, and the file that a worker begins with. */
  readonly program: string;
  readonly entry: string;
  /** The runtime that we are on. */
  readonly self: RuntimeName;
  /** Heap limit of a worker, where the runtime has one. */
  readonly maxMemoryBytes: number | undefined;
  /** The script's folder, or the user's for code: the deno.json there or above says what bare imports mean. */
  readonly folder: string;
  /** The only files and folders that a sandboxed worker may read; undefined without a sandbox. */
  readonly sandbox: readonly string[] | undefined;
  readonly port: PortDescriptors;
}

export interface WorkerCommand {
  argv(options: WorkerCommandOptions): string[];
  /** The whole environment of a worker; undefined for ours. */
  environment(options: WorkerCommandOptions): Record<string, string> | undefined;
  /** Why it cannot keep what a sandbox promises: no network, no writing, no spawning, no environment, no other files. */
  readonly noSandbox: string | undefined;
  /** What to do where it is missing. */
  readonly install: string;
}

/** The last argument of a worker that has a port of its own says which. */
export function portArguments(port: PortDescriptors): string[] {
  return port === "0,1" ? [] : [port];
}

/** V8's flag for a heap limit. */
export function heapFlags(maxMemoryBytes: number | undefined): string[] {
  return maxMemoryBytes === undefined ? [] : [`--max-old-space-size=${Math.ceil(maxMemoryBytes / 1024 ** 2)}`];
}

/** The nearest of these files in a folder or above it. */
export function findUp(folder: string, names: readonly string[]): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of names) if (existsSync(join(at, name))) return join(at, name);
    if (dirname(at) === at) return undefined;
  }
}
