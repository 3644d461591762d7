/**
 * What Node makes of a script (its types stripped, its functions compiled) is kept for the next worker and the next run:
 * stripping alone takes 30 ms a worker. Node's own cache, by the content of each file; Node 22.8 and later.
 */
import { mkdirSync } from "node:fs";
import nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

let asked = false;

export function keepCompiled(): void {
  if (asked) return;
  asked = true;
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(caches, "pmap");
  // Made here: where a folder cannot be made (below /proc), Node would try for ever. NODE_COMPILE_CACHE and
  // NODE_DISABLE_COMPILE_CACHE win.
  if (isThere(caches) && isThere(folder)) nodeModule.enableCompileCache?.(folder);
}

function isThere(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST";
  }
}
