/** How to start a worker: the command line of each runtime, and where its entry is. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../core/failure.ts";
import type { Command, Runtime, RuntimeName, WorkerLink } from "../core/runtime.ts";
import { spawnInline } from "./inline.ts";

export interface WorkerOptions {
  readonly mode: "process" | "thread" | "inline";
  readonly runtime: RuntimeName;
  /** Heap limit of a worker, where the runtime has one. */
  readonly maxMemoryBytes: number | undefined;
  /** The user's folder: its deno.json says what bare imports mean. */
  readonly folder: string;
}

const INSTALL: Readonly<Record<RuntimeName, string>> = {
  node: "Install it from your package manager, or with: npm install -g node",
  deno: "Install it with: npm install -g deno",
  bun: "Install it with: npm install -g bun",
};

/**
 * Makes the function that starts workers.
 * @throws {UsageError} when the runtime is not installed, or has no such workers
 */
export function createSpawn(
  self: Runtime,
  options: WorkerOptions,
  onStderr: (bytes: Uint8Array) => void,
): () => WorkerLink {
  const { mode, runtime } = options;
  if (mode !== "process" && runtime !== self.name) {
    throw new UsageError(
      `Cannot use --runtime ${runtime} with --mode ${mode}: it would have to run inside ${self.name}`,
    );
  }
  if (mode === "inline") return () => spawnInline(self.createHost);
  if (mode === "thread") return () => self.spawnThread(entryOf(runtime, "thread").href, onStderr);
  const command: Command = { argv: argvOf(self, options) };
  return () => self.spawnProcess(command, onStderr);
}

function entryOf(runtime: RuntimeName, kind: "worker" | "thread"): URL {
  return new URL(`./${runtime}/${kind}${import.meta.url.slice(-3)}`, import.meta.url);
}

function argvOf(self: Runtime, { runtime, maxMemoryBytes, folder }: WorkerOptions): string[] {
  const program = runtime === self.name ? process.execPath : findProgram(runtime);
  const entry = fileURLToPath(entryOf(runtime, "worker"));
  const heap = maxMemoryBytes === undefined ? [] : [`--max-old-space-size=${Math.ceil(maxMemoryBytes / 1024 ** 2)}`];
  // Bun would fetch a package that is missing from the registry, unasked.
  if (runtime === "bun") return [program, "--no-install", entry];
  if (runtime === "node") return [program, ...loadersOf(self), ...heap, entry];
  const flags = ["-A", "--quiet", "--no-lock", "--no-prompt", "--node-modules-dir=manual"];
  const config = findUp(folder, ["deno.json", "deno.jsonc"]);
  if (config !== undefined) flags.push("--config", config);
  if (heap.length > 0) flags.push(`--v8-flags=${heap[0]}`);
  return [program, "run", ...flags, entry];
}

/** From source on a Node without type stripping we run under a loader, and so must the workers. */
function loadersOf(self: Runtime): string[] {
  if (self.name !== "node") return [];
  const { execArgv } = process;
  return execArgv.filter(
    (arg, i) => /^--(import|require|loader)\b/.test(arg) || /^--(import|require)$/.test(execArgv[i - 1] ?? ""),
  );
}

function findProgram(name: RuntimeName): string {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
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
  return extname(path) === ".tsx" || !features.typescript ? "tsx" : "native";
}
