/** How to start a worker: the command line of each runtime, and where its entry is. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../core/errors.ts";
import type { Command, Runtime, RuntimeName, WorkerLink } from "../core/platform/runtime.ts";
import { environmentThatKeeps } from "./compile-cache.ts";
import { loaderFlags } from "./loader-flags.ts";
import { findProgram } from "./programs.ts";
import { sandboxEnvironment, sandboxFlags } from "./sandbox.ts";

export interface WorkerOptions {
  readonly mode: "process" | "thread" | "inline";
  readonly runtime: RuntimeName;
  /** Heap limit of a worker, where the runtime has one. */
  readonly maxMemoryBytes: number | undefined;
  /** The user's folder: its deno.json says what bare imports mean. */
  readonly folder: string;
  /** The only files and folders that a sandboxed worker may read; undefined without a sandbox. */
  readonly sandbox: readonly string[] | undefined;
}

/** Why a runtime cannot keep what a sandbox promises: no network, no writing, no spawning, no environment, no other files. */
const NO_SANDBOX: Readonly<Partial<Record<RuntimeName, string>>> = {
  node: "Node's permissions follow symbolic links out of the folders that they allow, and leave the network open before Node 25",
  bun: "Bun has no permissions",
};

const INSTALL: Readonly<Record<RuntimeName, string>> = {
  node: "Install it from your package manager, or with: npm install -g node",
  deno: "Install it with: npm install -g deno",
  bun: "Install it with: npm install -g bun",
};

/**
 * Makes the function that starts workers.
 * @throws {UsageError} when the runtime is not installed, or has no such workers
 */
export async function createSpawn(
  self: Runtime,
  options: WorkerOptions,
  onStderr: (bytes: Uint8Array) => void,
): Promise<() => WorkerLink> {
  const { mode, runtime, sandbox } = options;
  if (mode !== "process" && runtime !== self.name) {
    throw new UsageError(
      `Cannot use --runtime ${runtime} with --mode ${mode}: it would have to run inside ${self.name}`,
    );
  }
  if (sandbox !== undefined) checkSandbox(options);
  if (mode === "inline") {
    const { spawnInline } = await import("./inline.ts");
    const { createHost, printToStderr } = await self.loadHosting();
    printToStderr();
    return () => spawnInline(createHost);
  }
  if (mode === "thread") return () => self.spawnThread(entryOf(runtime, "thread").href, onStderr);
  return processSpawn(self, options, onStderr);
}

/** Makes the function that starts worker processes. */
export function processSpawn(
  self: Runtime,
  options: Omit<WorkerOptions, "mode">,
  onStderr: (bytes: Uint8Array) => void,
): () => WorkerLink {
  const hasOwnPort = options.runtime === "node" && self.name === "node";
  const command: Command = {
    argv: hasOwnPort ? [...argvOf(self, options), OWN_PORT] : argvOf(self, options),
    ownPort: hasOwnPort,
    env:
      options.sandbox === undefined
        ? environmentOf(self, options.runtime)
        : sandboxEnvironment(workerFile(options.runtime)),
  };
  return () => self.spawnProcess(command, onStderr);
}

/** Tells a worker that its port is descriptor 3. */
export const OWN_PORT = "3";

function checkSandbox({ mode, runtime }: WorkerOptions): void {
  const reason = NO_SANDBOX[runtime];
  if (reason !== undefined) throw new UsageError(`Cannot use --sandbox with ${runtime}: ${reason}\nUse --runtime deno`);
  if (mode !== "process")
    throw new UsageError(`Cannot use --sandbox with --mode ${mode}: only a process can be confined`);
}

function environmentOf(self: Runtime, runtime: RuntimeName): Record<string, string> | undefined {
  // Another Node may be of another age.
  return runtime === "node" && self.name === "node" ? environmentThatKeeps() : undefined;
}

function entryOf(runtime: RuntimeName, kind: "worker" | "thread"): URL {
  return new URL(`./${runtime}/${kind}${import.meta.url.slice(-3)}`, import.meta.url);
}

function workerFile(runtime: RuntimeName): string {
  return fileURLToPath(entryOf(runtime, "worker"));
}

function argvOf(self: Runtime, { runtime, maxMemoryBytes, folder, sandbox }: Omit<WorkerOptions, "mode">): string[] {
  const program = runtime === self.name ? process.execPath : findRuntime(runtime);
  const entry = workerFile(runtime);
  const heap = maxMemoryBytes === undefined ? [] : [`--max-old-space-size=${Math.ceil(maxMemoryBytes / 1024 ** 2)}`];
  // Bun would fetch a package that is missing from the registry, unasked.
  if (runtime === "bun") return [program, "--no-install", entry];
  if (runtime === "node")
    return [program, ...(self.name === "node" ? loaderFlags(process.execArgv) : []), ...heap, entry];
  const rights = sandbox === undefined ? ["-A"] : sandboxFlags(sandbox);
  const flags = [...rights, "--quiet", "--no-lock", "--no-prompt", "--node-modules-dir=manual"];
  const config = findUp(folder, ["deno.json", "deno.jsonc"]);
  if (config !== undefined) flags.push("--config", config);
  if (heap.length > 0) flags.push(`--v8-flags=${heap[0]}`);
  return [program, "run", ...flags, entry];
}

function findRuntime(name: RuntimeName): string {
  const file = findProgram(name);
  if (file !== undefined) return file;
  throw new UsageError(`Cannot use --runtime ${name}: there is no "${name}" on the PATH\n${INSTALL[name]}`);
}

function findUp(folder: string, names: readonly string[]): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of names) if (existsSync(join(at, name))) return join(at, name);
    if (dirname(at) === at) return undefined;
  }
}

const TYPESCRIPT = new Set([".ts", ".mts", ".cts", ".tsx"]);

/** Whether a script is known to need tsx before anybody has tried: TypeScript on a Node that strips no types. */
export function loaderFor(path: string, runtime: RuntimeName, self: RuntimeName): "native" | "tsx" {
  if (runtime !== "node" || self !== "node" || !TYPESCRIPT.has(extname(path))) return "native";
  const features = process.features as { typescript?: string | false };
  if (extname(path) === ".tsx" || !features.typescript) return "tsx";
  return extname(path) === ".ts" && isInCommonJsPackage(path) ? "tsx" : "native";
}

/** There Node takes a .ts file for CommonJS, and stumbles over its first export. */
function isInCommonJsPackage(path: string): boolean {
  const file = findUp(dirname(path), ["package.json"]);
  try {
    return file !== undefined && JSON.parse(readFileSync(file, "utf8")).type === "commonjs";
  } catch {
    return false;
  }
}
