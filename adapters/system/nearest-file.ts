/** A file that is not there may be one that is, misspelled. */
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nearest } from "../shared/nearest.ts";
import { isUtf8 } from "./file-errors.ts";

/**
 * A line to put below an error; empty when nothing is near.
 * @param others names that are meant to be typed, and are no files
 */
export function nearestFile(path: string, others: readonly string[] = []): string {
  if (!isUtf8(path)) return "\nIts name is not UTF-8: redirect it (< file), or make a link to it";
  const folder = dirname(path);
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // The folder is what is misspelled.
  }
  if (names.includes(basename(path))) return "\nIt is a link that leads to no file";
  const meant = nearest(basename(path), [...others, ...names]);
  if (meant === undefined) return "";
  return `\nDid you mean "${folder === "." || others.includes(meant) ? meant : join(folder, meant)}"?`;
}
