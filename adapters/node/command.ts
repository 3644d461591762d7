/** How a worker on Node is started. It touches nothing of Node's own: every runtime loads it. */
import { readFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { findUp, heapFlags, portArguments, type WorkerCommand } from "../shared/worker-command.ts";
import { environmentThatKeeps } from "./compile-cache.ts";

export const nodeCommand: WorkerCommand = {
  argv({ program, entry, self, maxMemoryBytes, port }) {
    const flags = [...(self === "node" ? loaderFlags(process.execArgv) : []), ...heapFlags(maxMemoryBytes)];
    return [program, ...flags, entry, ...portArguments(port)];
  },
  // Another Node may be of another age.
  environment: ({ self }) => (self === "node" ? environmentThatKeeps() : undefined),
  noSandbox:
    "Node's permissions follow symbolic links out of the folders that they allow, and leave the network open before Node 25",
  install: "Install it from your package manager, or with: npm install -g node",
};

/** From source on a Node without type stripping we run under a loader, and so must the workers. */
export function loaderFlags(execArgv: readonly string[]): string[] {
  const isLoader = (arg: string) => /^--(import|require|loader)(=|$)/.test(arg);
  // `--import tsx` is two arguments.
  return execArgv.filter(
    (arg, i) => isLoader(arg) || (isLoader(execArgv[i - 1] ?? "") && !execArgv[i - 1]?.includes("=")),
  );
}

const TYPESCRIPT = new Set([".ts", ".mts", ".cts", ".tsx"]);

/** Whether a script is known to need tsx before a worker has tried: TypeScript on a Node that strips no types. */
export function loaderFor(path: string, runtime: RuntimeName, self: RuntimeName): "native" | "tsx" {
  if (runtime !== "node" || self !== "node" || !TYPESCRIPT.has(extname(path))) return "native";
  if (extname(path) === ".tsx" || stripsNoTypes(runtime, self)) return "tsx";
  return extname(path) === ".ts" && isInCommonJsPackage(path) ? "tsx" : "native";
}

/** Whether workers are known to run on such a Node. */
export function stripsNoTypes(runtime: RuntimeName, self: RuntimeName): boolean {
  if (runtime !== "node" || self !== "node") return false;
  const features = process.features as { typescript?: string | false };
  return !features.typescript;
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
