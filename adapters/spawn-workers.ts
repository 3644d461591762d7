/** Starting workers: as processes of any runtime, or inside this one. */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { UsageError } from "../core/errors.ts";
import type { Mode, PortDescriptors, Runtime, RuntimeName, WorkerLink } from "../core/platform/runtime.ts";
import { bunCommand } from "./bun/command.ts";
import { denoCommand } from "./deno/command.ts";
import { nodeCommand } from "./node/command.ts";
import { ownFile } from "./shared/own-file.ts";
import type { WorkerCommand, WorkerCommandOptions } from "./shared/worker-command.ts";
import { findProgram } from "./system/programs.ts";

export const WORKER_COMMANDS: Readonly<Record<RuntimeName, WorkerCommand>> = {
  node: nodeCommand,
  bun: bunCommand,
  deno: denoCommand,
};

export interface WorkerOptions extends Pick<WorkerCommandOptions, "maxMemoryBytes" | "folder" | "sandbox"> {
  readonly mode: Mode;
  readonly runtime: RuntimeName;
  /** Whether stdout carries the output: then what an inline script prints there goes to stderr. */
  readonly ownsStdout: boolean;
  /** The priority of the processes; undefined for our own. */
  readonly nice?: number | undefined;
  /** Told once for each worker that cannot have it. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Makes the function that starts workers.
 * @throws {UsageError} when the runtime is not installed, or has no such workers
 */
export async function createSpawn(
  self: Runtime,
  options: WorkerOptions,
  onStderr: (bytes: Uint8Array) => void,
): Promise<() => WorkerLink> {
  const { mode, runtime, sandbox, ownsStdout, nice, maxMemoryBytes } = options;
  if (mode !== "process" && runtime !== self.name) {
    throw new UsageError(
      `Cannot use --runtime ${runtime} with --mode ${mode}: it would have to run inside ${self.name}`,
    );
  }
  if (sandbox !== undefined) checkSandbox(options);
  if (nice !== undefined && mode !== "process")
    throw new UsageError(
      `Cannot use --nice with --mode ${mode}: only a process has a priority of its own\nSay --mode process, or start pmap itself with: nice -n ${nice} pmap`,
    );
  if (mode !== "process" && maxMemoryBytes !== undefined) warnOfMemory(self, mode, options.onWarning);
  if (mode === "inline") {
    const { spawnInline } = await import("./inline.ts");
    const { createHost, printToStderr, listenForStrays } = await self.loadHosting();
    // In the library the process is the caller's: so are its prints, and what fails in no call.
    if (!ownsStdout) return () => spawnInline(createHost);
    printToStderr();
    return () => spawnInline(createHost, listenForStrays);
  }
  if (mode === "thread") {
    const entry = pathToFileURL(entryOf(runtime, "thread")).href;
    return () => self.spawnThread(entry, onStderr, maxMemoryBytes);
  }
  const spawn = processSpawn(self, options, onStderr);
  return nice === undefined ? spawn : await niced(spawn, nice, options.onWarning);
}

/** No error: groups are written to disk sooner all the same. */
function warnOfMemory({ name, limitsThreads }: Runtime, mode: "thread" | "inline", warn?: (message: string) => void) {
  if (mode === "thread" && limitsThreads) return;
  const reason = mode === "thread" ? `${name} does not limit threads` : "the worker shares the memory of pmap itself";
  warn?.(`Cannot limit the memory of a worker with --mode ${mode}: ${reason}\nUse --mode process`);
}

async function niced(spawn: () => WorkerLink, nice: number, warn?: (message: string) => void) {
  const { setNice } = await import("./system/priority.ts");
  return () => {
    const link = spawn();
    const reason = link.pid === undefined ? undefined : setNice(link.pid, nice);
    if (reason !== undefined)
      warn?.(`Cannot give the workers the priority ${nice}: ${reason}\nThey have that of pmap itself`);
    return link;
  };
}

/** Makes the function that starts worker processes. */
export function processSpawn(
  self: Runtime,
  { runtime, ...options }: Omit<WorkerOptions, "mode" | "ownsStdout">,
  onStderr: (bytes: Uint8Array) => void,
): () => WorkerLink {
  const command = WORKER_COMMANDS[runtime];
  const program = (runtime === self.name ? self.program() : undefined) ?? findRuntime(runtime);
  const port = portOf(self.name, runtime);
  const entry = entryOf(runtime, "worker");
  const all = { ...options, program, self: self.name, entry, port };
  const argv = command.argv(all);
  const env = command.environment(all);
  const moved = port === "3,4" ? [SHELL, "-c", MOVE_PORT, "sh", ...argv] : argv;
  return () => self.spawnProcess({ argv: moved, env, port }, onStderr);
}

/** Bun and Deno give a process no other pipes than the usual three: a shell moves two of them, and becomes the worker. */
const SHELL = "/bin/sh";
const MOVE_PORT = 'exec 3<&0 4>&1 0</dev/null 1>&2; exec "$@"';

/** A port of its own wherever it can be had: what a script, or a program that it starts, reads from stdin or prints is not ours. */
function portOf(self: RuntimeName, runtime: RuntimeName): PortDescriptors {
  // Deno opens descriptors by their names, which sockets have none of; and those are the pipes of Node and Bun.
  if (runtime === "deno" && self !== "deno") return "0,1";
  if (self === "node") return "3";
  return existsSync(SHELL) ? "3,4" : "0,1";
}

function checkSandbox({ mode, runtime }: WorkerOptions): void {
  const reason = WORKER_COMMANDS[runtime].noSandbox;
  if (reason !== undefined) throw new UsageError(`Cannot use --sandbox with ${runtime}: ${reason}\nUse --runtime deno`);
  if (mode !== "process")
    throw new UsageError(`Cannot use --sandbox with --mode ${mode}: only a process can be confined`);
}

function entryOf(runtime: RuntimeName, kind: "worker" | "thread"): string {
  return ownFile(
    () => import.meta.url,
    (own) => `./${runtime}/${kind}${own.slice(-3)}`,
  );
}

function findRuntime(name: RuntimeName): string {
  const file = findProgram(name);
  if (file !== undefined) return file;
  throw new UsageError(
    `Cannot use --runtime ${name}: there is no "${name}" on the PATH\n${WORKER_COMMANDS[name].install}`,
  );
}
