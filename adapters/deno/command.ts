/** How a worker on Deno is started. It touches nothing of Deno's: every runtime loads it. */
import { findUp, heapFlags, portArguments, type WorkerCommand } from "../shared/worker-command.ts";
import { sandboxEnvironment, sandboxFlags } from "./sandbox.ts";

/** The configuration that counts for a script in this folder. */
function configOf(folder: string): string | undefined {
  return findUp(folder, ["deno.json", "deno.jsonc"]);
}

/** Whether a worker that was started for one folder is what another one wants. */
export function isSameConfig(one: string, other: string): boolean {
  return one === other || configOf(one) === configOf(other);
}

export const denoCommand: WorkerCommand = {
  argv({ program, entry, folder, maxMemoryBytes, sandbox, port }) {
    const rights = sandbox === undefined ? ["-A"] : sandboxFlags(sandbox, port);
    const flags = [...rights, "--quiet", "--no-lock", "--no-prompt", "--node-modules-dir=manual"];
    const config = configOf(folder);
    if (config !== undefined) flags.push("--config", config);
    const [heap] = heapFlags(maxMemoryBytes);
    if (heap !== undefined) flags.push(`--v8-flags=${heap}`);
    return [program, "run", ...flags, entry, ...portArguments(port)];
  },
  environment: ({ sandbox, entry }) => (sandbox === undefined ? undefined : sandboxEnvironment(entry)),
  noSandbox: undefined,
  install: "Install it with: npm install -g deno",
};
