/** What stands behind a name. */
import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";

/** Undefined where nothing is there, or it cannot be looked at: a part of the path is a file, or may not be entered. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether two names stand for one file. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statsOf(path));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The beginning of a file as text; "" when it cannot be read. */
export function firstBytes(path: string, begin: number, length = 64 * 1024): string {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = new Uint8Array(length);
      const count = readSync(fd, bytes, 0, length, begin);
      return new TextDecoder().decode(bytes.subarray(0, count));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
