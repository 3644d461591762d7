/** What stands behind a name. */
import { type Stats, statSync } from "node:fs";

/** Undefined where nothing is there, or it cannot be looked at: a part of the path is a file, or may not be entered. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
