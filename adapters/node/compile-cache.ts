/**
 * What Node makes of a script (its types stripped, its functions compiled) is kept for the next worker and the next run:
 * stripping alone takes 30 ms a worker. Node's own cache, by the content of each file; Node 22.8 and later.
 */
import { mkdirSync } from "node:fs";
import nodeModule from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

let asked = false;

export function keepCompiled(): void {
  if (asked) return;
  asked = true;
  const caches = cacheFolder();
  if (caches === undefined) return;
  const folder = join(caches, "pmap");
  // Made here: where a folder cannot be made (below /proc), Node would try for ever. NODE_COMPILE_CACHE and
  // NODE_DISABLE_COMPILE_CACHE win.
  if (isThere(caches) && isThere(folder)) nodeModule.enableCompileCache?.(folder);
}

/** The user's own, if there is one: in a container there may be no home. Relative ones count for nothing (XDG). */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: wanted } = process.env;
  if (wanted !== undefined && isAbsolute(wanted)) return wanted;
  try {
    return isAbsolute(homedir()) ? join(homedir(), ".cache") : undefined;
  } catch {
    return undefined;
  }
}

function isThere(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST";
  }
}
