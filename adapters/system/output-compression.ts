/** How an output is compressed: its name says so. */
import { UsageError } from "../../core/errors.ts";
import type { OutputCompression } from "../../core/platform/runtime.ts";
import { hasZstd } from "../shared/compress.ts";
import { extensionOf } from "./decompress.ts";

const BY_EXTENSION: Readonly<Record<string, OutputCompression>> = { ".gz": "gzip", ".bgz": "gzip", ".zst": "zstd" };
/** Programs that compress what pmap does not. */
const PROGRAMS: Readonly<Record<string, string>> = { ".br": "brotli", ".bz2": "bzip2", ".xz": "xz", ".lz4": "lz4" };

/**
 * @param isOwn whether the workers are of the runtime that we are on
 * @throws {UsageError} for a name that says a compression that cannot be written
 */
export async function outputCompression(
  path: string | undefined,
  isOwn: boolean,
): Promise<OutputCompression | undefined> {
  const extension = extensionOf(path ?? "");
  const program = PROGRAMS[extension];
  if (program !== undefined)
    throw new UsageError(
      `Cannot write "${path}": an output is compressed as .gz or .zst\nFor others use a pipe: pmap ... | ${program} > "${path}"`,
      { about: "output" },
    );
  const compression = BY_EXTENSION[extension];
  if (compression === "zstd" && isOwn && !(await hasZstd()))
    throw new UsageError(
      `Cannot write "${path}": this runtime has no zstd\nWrite .gz, or use Node 22.15 or later, Deno or Bun`,
      { about: "output" },
    );
  return compression;
}
