/** What stands behind a name. */
import { type Stats, statSync } from "node:fs";
import { openInput } from "../shared/positional-files.ts";

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
  return new TextDecoder().decode(bytesOf(path, begin, begin + length));
}

/** The first and last bytes of a part of a file, at most `length` of each; none when it cannot be read. */
export function endsOf(
  { path, begin, end }: { readonly path: string; readonly begin: number; readonly end: number },
  length: number,
): { readonly begin: Uint8Array; readonly end: Uint8Array } {
  return {
    begin: bytesOf(path, begin, Math.min(end, begin + length)),
    end: bytesOf(path, Math.max(begin, end - length), end),
  };
}

function bytesOf(path: string, begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - begin);
  try {
    const file = openInput(path);
    try {
      return bytes.subarray(0, file.read(bytes, 0, bytes.length, begin));
    } finally {
      file.close();
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}
