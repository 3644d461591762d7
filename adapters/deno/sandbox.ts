/** What a sandboxed worker is started with: Deno's permissions, and an environment in which it has nowhere to write. */
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { PortDescriptors } from "../../core/platform/runtime.ts";
import { linksOutOf } from "./sandbox-links.ts";

/**
 * The rights of a worker that may read these files and folders and nothing else.
 * @throws {UsageError} when a folder cannot be looked through for links that lead out of it
 */
export function sandboxFlags(readable: readonly string[], port: PortDescriptors): string[] {
  const flags = ["--no-remote", "--cached-only"];
  // Its port, which it opens by name before the script is loaded: what a script could say there it could say on stdout, too.
  const ownPort = port === "3,4" ? ["/dev/fd/3"] : [];
  if (ownPort.length > 0) flags.push("--allow-write=/dev/fd/4");
  // Deno takes an empty list for a mistake.
  const allowed = [...ownPort, ...readable];
  const list = allowed.map(escapeComma).join(",");
  if (Buffer.byteLength(list) > MAX_ARGUMENT_BYTES)
    throw new UsageError(
      `Cannot use --sandbox with ${readable.length} files: their names are too long for one argument\nUse fewer inputs`,
    );
  if (allowed.length > 0) flags.push(`--allow-read=${list}`);
  // Deno looks at the name of a file, not at where a link leads.
  const links = linksOutOf(readable);
  return links.length === 0 ? flags : [...flags, `--deny-read=${links.map(escapeComma).join(",")}`];
}

/** Of one argument of a program; Linux allows 128 KiB. */
const MAX_ARGUMENT_BYTES = 127 * 1024;

/**
 * Without any permission Deno writes for a script: what it has in localStorage, in caches and in modules with a data: URL goes
 * below DENO_DIR. Below a file there is no folder, so that none of it can be kept.
 * @param entry a file that is there
 */
export function sandboxEnvironment(entry: string): Record<string, string> {
  const { SystemRoot } = process.env;
  return {
    DENO_DIR: join(entry, "nowhere"),
    // Deno would try for 150 ms to make a folder for what it has compiled.
    DENO_EMIT_CACHE_MODE: "disable",
    DENO_CACHE_DB_MODE: "in-memory",
    // Windows starts no program without it.
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  };
}

/** Deno splits its lists at commas; a doubled one stands for itself. */
function escapeComma(path: string): string {
  return path.replaceAll(",", ",,");
}
