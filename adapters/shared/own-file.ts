/** pmap's own files, which it reads and starts workers from: they are not where they were built when pmap is in a bundle. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../core/errors.ts";

/**
 * The path of a file of pmap's own.
 * @param ownUrl gives the URL of the module that asks; in a bundle of CommonJS there is none, and it may throw
 * @param path the way from there, which may depend on that URL: from source it ends in `.ts`
 * @throws {UsageError} when the file is not there
 */
export function ownFile(ownUrl: () => string, path: (ownUrl: string) => string): string {
  let url: URL;
  try {
    const own = ownUrl();
    url = new URL(path(own), own);
  } catch {
    throw bundled("its files are not beside it");
  }
  if (url.protocol !== "file:")
    throw new UsageError(
      `Cannot start workers: pmap was loaded from ${url.origin}, and workers are started from files\n` +
        "Install the package and import it by its name: deno add npm:pmap-cli",
    );
  const file = fileURLToPath(url);
  if (!existsSync(file)) throw bundled(`there is no "${file}"`);
  return file;
}

function bundled(reason: string): UsageError {
  return new UsageError(
    `Cannot start workers: pmap was bundled into a program, and ${reason}\n` +
      "Leave pmap-cli outside of the bundle: mark it as external",
  );
}
