/** The names that an output has: the file that is replaced, and those beside it while a job runs. */
import { readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { reasonOf } from "./file-errors.ts";

/** The files beside the output while a job runs. */
export interface OutputNames {
  readonly temporary: string;
  readonly journal: string;
  readonly lock: string;
  readonly runs: string;
}

/** `new/`, `new/.`: only a folder can be there. */
const FOLDER_NAME = /(^|\/)\.{0,2}$/;

export function namesBeside(path: string): OutputNames {
  // Whole names: workers open them, too, and a script may have changed its worker's folder.
  const stem = join(dirname(resolve(path)), `.${basename(path)}.pmap`);
  return { temporary: stem, journal: `${stem}-journal`, lock: `${stem}-lock`, runs: `${stem}-runs` };
}

/**
 * The file that is replaced: the one behind a symbolic link, also where there is none yet, and never the link.
 * @throws {UsageError} for links that lead in a circle, and a name that no file can have
 */
export function fileBehind(path: string): string {
  if (path === "") throw new UsageError('Cannot write "": the name is empty', { about: "output" });
  const stats = statOrFail(path);
  if (stats === undefined && FOLDER_NAME.test(path))
    throw new UsageError(`Cannot write "${path}": it is the name of a folder, not of a file`, { about: "output" });
  // What is no file is refused by its own name.
  if (stats !== undefined && !stats.isFile()) return path;
  let at = path;
  for (let target = linkTarget(at); target !== undefined; target = linkTarget(at)) {
    at = resolve(realpathSync(dirname(at)), target);
  }
  return at;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** @throws {UsageError} when the place cannot be looked at */
export function statOrFail(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new UsageError(`Cannot write "${path}": ${reasonOf(error)}`, { about: "output" });
  }
}
