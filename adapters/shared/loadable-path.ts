/** Paths that a loader cannot take: it reads a character of them as something else, and may load another file. */
import { JobError } from "../../core/errors.ts";

/**
 * @param path of a module
 * @param characters that the loader cannot take
 * @throws {JobError} when one of them is in the path
 */
export function checkLoadable(path: string, { loader, characters }: { loader: string; characters: string }): void {
  const found = [...characters].find((character) => path.includes(character));
  if (found === undefined) return;
  throw new JobError(
    `Cannot load "${path}": ${loader} cannot load a file with "${found}" in its path\nRename the file, or its folder`,
  );
}
