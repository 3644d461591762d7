/** Symbolic links by which a sandbox could be left. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { UsageError } from "../../core/errors.ts";

/** A folder with more entries is not a script's own: the script stands in the root of everything. */
const MAX_ENTRIES = 50_000;

interface Link {
  /** As it is called below the folder that was looked through. */
  readonly path: string;
  /** Where it really is, itself not followed. */
  readonly place: string;
  /** What it leads to; undefined when that is nothing now, and who knows what later. */
  readonly target: string | undefined;
}

/**
 * The links in these folders that lead out of all of them, and those that lead to a place in them from which others of these
 * can be reached: a script that goes through `self -> .` has another name for every link below it.
 * @throws {UsageError} when there is too much to look through
 */
export function linksOutOf(places: readonly string[]): string[] {
  const inside = places.map((place) => realpathSync(place));
  const links: Link[] = [];
  let entries = 0;
  for (const place of places) if (statSync(place).isDirectory()) walk(place);

  const isInside = ({ target }: Link) => target !== undefined && inside.some((place) => contains(place, target));
  const refused = new Set(links.filter((link) => !isInside(link)));
  let before: number;
  do {
    before = refused.size;
    for (const link of links) if (leadsToOneOf(link, refused)) refused.add(link);
  } while (refused.size > before);
  return [...refused].map(({ path }) => path);

  function walk(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (++entries > MAX_ENTRIES) {
        throw new UsageError(
          `Cannot use --sandbox: "${folder}" has too many files to look for links\nPut the script into a folder of its own`,
        );
      }
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) links.push({ path, place: placeOf(path), target: targetOf(path) });
      else if (entry.isDirectory()) walk(path);
    }
  }
}

function leadsToOneOf({ target }: Link, refused: ReadonlySet<Link>): boolean {
  if (target === undefined) return true;
  for (const { place } of refused) if (contains(target, place)) return true;
  return false;
}

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function placeOf(link: string): string {
  return join(realpathSync(dirname(link)), link.slice(link.lastIndexOf(sep) + 1));
}

function targetOf(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}
