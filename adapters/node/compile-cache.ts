/**
 * What Node makes of a module (its types stripped, its functions compiled) is kept for the next worker and the next run:
 * stripping takes 30 ms a worker, compiling our own programs 2 ms a process. Node's own cache, by the content of each file;
 * Node 22.8 and later.
 */

import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { process } from "../shared/own-process.ts";
import { makePrivateFolder } from "../system/private-folder.ts";

/** The variable by which Node is told before it loads its first module. */
const VARIABLE = "NODE_COMPILE_CACHE";

let asked = false;

/** Keeps what this process loads from now on. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE win. */
export function keepCompiled(): void {
  if (asked) return;
  asked = true;
  const folder = ownFolder();
  if (folder !== undefined) process.getBuiltinModule("node:module").enableCompileCache(folder);
}

/** The environment of a worker that is to keep what it loads from its first module on; undefined where it is ours as it is. */
export function environmentThatKeeps(): Record<string, string> | undefined {
  const { [VARIABLE]: wanted, NODE_DISABLE_COMPILE_CACHE: unwanted } = process.env;
  const folder = wanted === undefined && unwanted === undefined ? ownFolder() : undefined;
  return folder === undefined ? undefined : { ...(process.env as Record<string, string>), [VARIABLE]: folder };
}

/** In the worker: the script, and what it starts, see the environment as it was. */
export function hideCompileCache(): void {
  const found = process.env[VARIABLE];
  const own = path();
  if (found !== undefined && own !== undefined && (found === own || found === realPath(own)))
    delete process.env[VARIABLE];
}

/** Where compiled code is kept, or why it is not, for people. */
export function compileCacheState(): string {
  const { [VARIABLE]: wanted, NODE_DISABLE_COMPILE_CACHE: unwanted } = process.env;
  if (!("enableCompileCache" in process.getBuiltinModule("node:module"))) return "none: Node has it from 22.8 on";
  if (unwanted !== undefined) return "none: NODE_DISABLE_COMPILE_CACHE is set";
  if (wanted !== undefined) return `${wanted} (NODE_COMPILE_CACHE)`;
  const own = ownFolder();
  if (own !== undefined) return own;
  return `none: ${path() ?? "a folder for it"} cannot be made, or another user could write to it`;
}

/**
 * The folder, once it is there, if no other user can put code into it: what Node finds there it runs. Made here: where a folder
 * cannot be made (below /proc), Node would try for ever. Node 20 has no such cache.
 */
function ownFolder(): string | undefined {
  if (!("enableCompileCache" in process.getBuiltinModule("node:module"))) return undefined;
  folder ??= { path: findFolder() };
  return folder.path;
}

let folder: { readonly path: string | undefined } | undefined;

function findFolder(): string | undefined {
  const own = path();
  if (own === undefined) return undefined;
  const caches = dirname(own);
  return existsSync(caches) || makePrivateFolder(caches) !== undefined ? makePrivateFolder(own) : undefined;
}

function realPath(name: string): string | undefined {
  try {
    return realpathSync(name);
  } catch {
    return undefined;
  }
}

function path(): string | undefined {
  const caches = cacheFolder();
  return caches === undefined ? undefined : join(caches, "pmap");
}

/** The user's own, if there is one: in a container there may be no home. Relative ones count for nothing (XDG). */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: wanted } = process.env;
  if (wanted !== undefined && isAbsolute(wanted)) return wanted;
  try {
    const home = process.getBuiltinModule("node:os").homedir();
    return isAbsolute(home) ? join(home, ".cache") : undefined;
  } catch {
    return undefined;
  }
}
