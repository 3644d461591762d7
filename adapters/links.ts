/** Symbolic links by which a sandbox could be left. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { UsageError } from "../core/failure.ts";

/** A folder with more entries is not a script's: somebody has put the script into the root of everything. */
const MAX_ENTRIES = 50_000;

/**
 * The links in these folders that lead out of all of them.
 * @throws {UsageError} when there is too much to look through
 */
export function linksOutOf(places: readonly string[]): string[] {
  const inside = places.map((place) => realpathSync(place));
  const links: string[] = [];
  let entries = 0;
  for (const place of places) if (statSync(place).isDirectory()) walk(place);
  return links;

  function walk(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (++entries > MAX_ENTRIES) {
        throw new UsageError(
          `Cannot use --sandbox: "${folder}" has too many files to look for links\nPut the script into a folder of its own`,
        );
      }
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) {
        if (leadsOut(path)) links.push(path);
      } else if (entry.isDirectory()) walk(path);
    }
  }

  function leadsOut(link: string): boolean {
    try {
      const target = realpathSync(link);
      return !inside.some((place) => target === place || target.startsWith(place + sep));
    } catch {
      // It leads nowhere now, and who knows where later.
      return true;
    }
  }
}
