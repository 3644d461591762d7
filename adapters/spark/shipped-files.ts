/** Files that a script reads beside itself, as they go along with it: each keeps its place in the script's folder. */
import { readdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../core/errors.ts";
import { reasonOf } from "../system/file-errors.ts";
import { type ArchivedFile, SCRIPT } from "./archive.ts";

/**
 * @param paths of files, and of folders with all that is in them
 * @param script undefined for code from the command line
 * @throws {UsageError} when one of them is not there, or has no place beside the script
 */
export function shippedFiles(paths: readonly string[], script: string | undefined): ArchivedFile[] {
  if (paths.length === 0) return [];
  if (script === undefined)
    throw new UsageError(
      "Cannot use --ship with code from the command line: it has no folder of its own\nWrite a script: it finds the file beside itself",
    );
  const beside = dirname(fileURLToPath(script));
  const files = paths.flatMap((path) => filesOf(path).map((file) => [placeOf(path, file, beside), file] as const));
  // The same file may be in several of them; and where the script stands is what has been made of it.
  return [...new Map(files.filter(([place]) => place !== SCRIPT))];
}

function filesOf(path: string): string[] {
  const file = resolve(path);
  try {
    if (!statSync(file).isDirectory()) return [file];
    const names = readdirSync(file, { recursive: true, encoding: "utf8" });
    return names.map((name) => join(file, name)).filter((each) => statSync(each).isFile());
  } catch (error) {
    throw new UsageError(`Cannot send "${path}" to a cluster: ${reasonOf(error)}`);
  }
}

function placeOf(path: string, file: string, beside: string): string {
  const place = relative(beside, file);
  if (!isAbsolute(place) && !place.startsWith("..")) return join(dirname(SCRIPT), place);
  throw new UsageError(
    `Cannot send "${path}" to a cluster: it is not in the script's folder, "${beside}"\nPut it there: the script finds it beside itself`,
  );
}
