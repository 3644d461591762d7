import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { statsOf } from "./file-stats.ts";

/** Of something on the web. */
export function isUrl(input: string): boolean {
  return /^https?:\/\//i.test(input);
}

/** A name that exists is that file, whatever characters are in it; otherwise it may be a pattern. */
export async function expand(input: string, pattern: string | undefined): Promise<string[]> {
  if (isUrl(input)) return [input];
  const stats = statsOf(input);
  if (pattern !== undefined && stats?.isDirectory()) return filesIn(input, pattern);
  if (!/[*?[{]/.test(input) || stats !== undefined) return [input];
  const { glob } = await import("tinyglobby");
  const paths = await glob(input, { absolute: input.startsWith("/"), expandDirectories: false });
  if (paths.length === 0) throw new UsageError(`Cannot read "${input}": no file matches`, { about: "input" });
  return paths.sort();
}

async function filesIn(folder: string, pattern: string): Promise<string[]> {
  const { glob } = await import("tinyglobby");
  const names = await glob(pattern, { cwd: folder, expandDirectories: false });
  if (names.length === 0)
    throw new UsageError(`Cannot read "${folder}": no file in it matches --glob "${pattern}"`, { about: "input" });
  return names.sort().map((name) => join(folder, name));
}

/** The names in a list: with NULs between them if there is one in it, else one a line. */
export function namesIn(list: Uint8Array): string[] {
  const text = new TextDecoder().decode(list);
  return text.split(text.includes("\0") ? "\0" : /\r?\n/).filter((name) => name !== "");
}
