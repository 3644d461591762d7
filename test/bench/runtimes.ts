import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Runtime {
  name: string;
  version: string;
  /** Runs a file that is written for this runtime. */
  command: string[];
  /** Runs pmap, whose first line asks for node. */
  program: string[];
  /** Starts, does nothing, and ends. */
  bare: string[];
}

/** What contenders run on that are the same whatever pmap runs on. */
export const noRuntime: Runtime = { name: "any", version: "", command: [], program: [], bare: [] };

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const known: Record<string, () => Omit<Runtime, "name" | "version">> = {
  node: () => node(process.execPath),
  node24: () => node(process.env.NODE24 ?? fromRoot(".cache/node24/node_modules/node/bin/node")),
  bun: () => {
    const bun = process.env.BUN ?? fromRoot("node_modules/.bin/bun");
    return { command: [bun], program: [bun, "--bun"], bare: [bun, "-e", "0"] };
  },
  deno: () => {
    const deno = process.env.DENO ?? fromRoot("node_modules/.bin/deno");
    return { command: [deno, "run", "-A"], program: [deno, "run", "-A"], bare: [deno, "eval", "0"] };
  },
};

function node(program: string): Omit<Runtime, "name" | "version"> {
  return { command: [program], program: [program], bare: [program, "-e", "0"] };
}

/** The runtimes of these names that are installed; the others are skipped with a word. */
export function findRuntimes(names: string[]): Runtime[] {
  return names.flatMap((name) => {
    const runtime = known[name]?.();
    if (!runtime) throw new Error(`Cannot measure on "${name}": known are ${Object.keys(known).join(", ")}.`);
    const [binary = ""] = runtime.command;
    if (!existsSync(binary)) {
      console.log(`${name} is skipped: there is no ${binary}`);
      return [];
    }
    const version = spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout.split("\n")[0] ?? "";
    return [{ name, version, ...runtime }];
  });
}
