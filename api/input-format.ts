/** The input format where neither --from nor the script names it: by the names of the files, and by how they begin. */
import { extname } from "node:path";
import { COMPRESSION_BY_EXTENSION, nameInside } from "../adapters/system/decompress.ts";
import { firstBytes } from "../adapters/system/file-stats.ts";
import type { FileSource, Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { InputFormatName } from "../core/formats/input.ts";
import type { OutputFormatName } from "../core/formats/output.ts";

/** `json` is values and arrays over any number of lines; it is made JSON lines of. */
export type FoundName = InputFormatName | "json";

export const FORMAT_BY_EXTENSION: Readonly<Record<string, FoundName>> = {
  ".json": "json",
  ".geojson": "json",
  ".txt": "text",
  ".log": "text",
  ".md": "text",
  ".csv": "csv",
  ".tsv": "tsv",
  ".tab": "tsv",
};

/** The endings of compressed files. */
export function compressedExtensions(): string[] {
  return Object.keys(COMPRESSION_BY_EXTENSION);
}

export interface FoundFormat {
  readonly from: FoundName;
  /** Why, for -v and --explain. */
  readonly reason: string;
}

/** @throws {UsageError} when the inputs are of different formats */
export function formatOf(sources: readonly Source[]): FoundFormat {
  const found = new Map<FoundName, string>();
  const seen = new Set<string>();
  for (const source of sources) {
    const extension = extname(nameInside(source.name));
    // Files with one ending are taken to be alike.
    if (seen.has(extension)) continue;
    seen.add(extension);
    const { from, reason } = formatOfOne(source, extension);
    if (!found.has(from)) found.set(from, reason);
  }
  // JSON lines are values over any number of lines, too.
  if (found.has("json")) found.delete("jsonl");
  if (found.size > 1)
    throw new UsageError("Cannot tell the format of the inputs by their names: they differ\nSay it with --from", {
      about: "input",
    });
  const [only] = found;
  return only === undefined ? { from: "jsonl", reason: "the default" } : { from: only[0], reason: only[1] };
}

/**
 * The format of an output whose name says it: rows for a .csv, an array for a .json; all else is JSON lines.
 * @param isOneValue what a reduce without a key makes: one line is JSON as it is
 */
export function outputFormatOf(
  path: string | undefined,
  { isOneValue }: { readonly isOneValue: boolean },
): OutputFormatName {
  const extension = extname(nameInside(path ?? ""));
  if (extension === ".json" && !isOneValue) return "json";
  const from = FORMAT_BY_EXTENSION[extension];
  return from === "csv" || from === "tsv" ? from : "jsonl";
}

function formatOfOne(source: Source, extension: string): FoundFormat {
  const byName = FORMAT_BY_EXTENSION[extension];
  if (byName === undefined) return { from: "jsonl", reason: "the default" };
  // Programs write their logs as JSON lines, too.
  if (byName === "text" && source.kind === "file" && beginsWithJson(source))
    return { from: "jsonl", reason: `by the first line of ${source.name}` };
  if (byName === "json" && source.kind === "file" && hasObjectLines(source))
    return { from: "jsonl", reason: `by the first lines of ${source.name}` };
  return { from: byName, reason: `by the name of ${source.name}` };
}

/** Whether the first line is an object, and another line follows: JSON lines in a file with the other name. */
function hasObjectLines(source: FileSource): boolean {
  const [, second = ""] = firstBytes(source.path, source.begin).trimStart().split("\n");
  return beginsWithJson(source) && second.trimStart().startsWith("{");
}

function beginsWithJson({ path, begin }: FileSource): boolean {
  const [line = "", ...more] = firstBytes(path, begin).trimStart().split("\n");
  if (!line.startsWith("{")) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    // A first line that is longer than what was read.
    return more.length === 0 && /^\{\s*"/.test(line);
  }
}
