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
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const known: Record<string, () => Omit<Runtime, "name" | "version">> = {
  node: () => same([process.execPath]),
  node24: () => same([process.env.NODE24 ?? fromRoot(".cache/node24/node_modules/node/bin/node")]),
  bun: () => {
    const bun = process.env.BUN ?? fromRoot("node_modules/.bin/bun");
    return { command: [bun], program: [bun, "--bun"] };
  },
  deno: () => same([process.env.DENO ?? fromRoot("node_modules/.bin/deno"), "run", "-A"]),
};

function same(command: string[]): Omit<Runtime, "name" | "version"> {
  return { command, program: command };
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
