/** The commands that start pmap on each runtime. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownRuntime } from "../../support/run-pmap.ts";
import type { Program } from "./job.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const main = process.env.PMAP_TEST_MAIN ?? join(root, "dist/cli/main.js");
export const binFolder = join(root, "node_modules/.bin");

const COMMANDS: Readonly<Record<Program, readonly string[]>> = {
  node: [ownRuntime === "node" ? process.execPath : "node", main],
  node24: [join(root, ".cache/node24/node_modules/node/bin/node"), main],
  bun: [join(binFolder, "bun"), "--bun", main],
  deno: [join(binFolder, "deno"), "run", "-A", main],
};

export function isProgram(name: string): name is Program {
  return name in COMMANDS;
}

export function commandOf(program: Program): readonly string[] {
  const command = COMMANDS[program];
  if (program === "node24" && !existsSync(command[0] as string)) {
    throw new Error(`Cannot find ${command[0]}: .ci/run says how it is installed`);
  }
  return command;
}
