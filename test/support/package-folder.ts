/** A folder of programs that import pmap as the package that it is. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./run-pmap.ts";

/** Its programs are modules, and the package is this repository: the built library. */
export function packageFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(fileURLToPath(new URL("../..", import.meta.url)), join(folder, "node_modules/pmap-cli"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  return folder;
}
