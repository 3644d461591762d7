/** The input format where neither --from nor the script names it: by the names of the files, and by how they begin. */
import { COMPRESSION_BY_EXTENSION, extensionOf, nameInside } from "../adapters/system/decompress.ts";
import { firstBytes } from "../adapters/system/file-stats.ts";
import type { Job } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { FormatName } from "../core/formats/format.ts";
import { DEFAULT_FORMAT, FORMATS, formatNamed } from "../core/formats/registry.ts";

/** The format that the ending of a file's name says; undefined also for that which is the default. */
function formatByExtension(extension: string): FormatName | undefined {
  return FORMATS.find(({ name, extensions }) => name !== DEFAULT_FORMAT && extensions.includes(extension))?.name;
}

/** The endings of compressed files. */
export function compressedExtensions(): string[] {
  return Object.keys(COMPRESSION_BY_EXTENSION);
}

export interface FoundFormat {
  readonly from: FormatName;
  /** Why, for -v and --explain. */
  readonly reason: string;
}

/** @throws {UsageError} when the inputs are of different formats */
export function formatOf(sources: readonly Source[]): FoundFormat {
  const found = new Map<FormatName, string>();
  const seen = new Set<string>();
  for (const source of sources) {
    const extension = extensionOf(nameInside(source.name));
    // Files with one ending are taken to be alike.
    if (seen.has(extension)) continue;
    seen.add(extension);
    const { from, reason } = formatOfOne(source, extension);
    if (!found.has(from)) found.set(from, reason);
  }
  // JSON lines are values over any number of lines, too.
  for (const name of found.keys()) {
    const input = formatNamed(name)?.input;
    if (input?.cut === "converted") found.delete(input.into);
  }
  if (found.size > 1)
    throw new UsageError("Cannot tell the format of the inputs by their names: they differ\nSay it with --from", {
      about: "input",
    });
  const [only] = found;
  return only === undefined ? BY_DEFAULT : { from: only[0], reason: only[1] };
}

const MAGIC_BYTES = 16;
const BY_DEFAULT: FoundFormat = { from: DEFAULT_FORMAT, reason: "the default" };

/**
 * The format of an output whose name says it: rows for a .csv, an array for a .json; all else is JSON lines.
 * @param isOneValue what a reduce without a key makes: one line is JSON as it is
 */
export function outputFormatOf(path: string | undefined, { isOneValue }: { readonly isOneValue: boolean }): FormatName {
  const extension = extensionOf(nameInside(path ?? ""));
  const named = FORMATS.find(({ output }) => output?.extensions.includes(extension));
  return named === undefined || (isOneValue && named.output?.ofMany === true) ? DEFAULT_FORMAT : named.name;
}

function formatOfOne(source: Source, extension: string): FoundFormat {
  const byName = formatByExtension(extension);
  if (byName === undefined) return byMagic(source, extension) ?? BY_DEFAULT;
  const { whyLines } = formatNamed(byName) ?? {};
  const why = source.kind === "file" && whyLines?.(firstBytes(source.path, source.begin));
  if (why) return { from: DEFAULT_FORMAT, reason: `${why} of ${source.name}` };
  return { from: byName, reason: `by the name of ${source.name}` };
}

/** Of a file whose name says nothing: how it begins. */
function byMagic(source: Source, extension: string): FoundFormat | undefined {
  if (source.kind === "stream" || formatNamed(DEFAULT_FORMAT)?.extensions.includes(extension)) return undefined;
  const begin = firstBytes(source.path, source.begin, MAGIC_BYTES);
  const found = FORMATS.find(({ magic }) => magic !== undefined && begin.startsWith(magic));
  return found && { from: found.name, reason: `by the first bytes of ${source.name}` };
}

/** The format of a job that has been planned, with a remark on how its records are shared out. */
export function withRemark(format: FoundFormat | undefined, { unitRemark }: Pick<Job, "unitRemark">): typeof format {
  if (format === undefined || unitRemark === undefined) return format;
  return { ...format, reason: `${format.reason}: ${unitRemark}` };
}

/** The format, where its records are counted: then inputs are files, which are taken as they are. */
export function formatOfFiles(name: unknown): FormatName | undefined {
  const format = formatNamed(String(name));
  return format?.input?.cut === "units" ? format.name : undefined;
}
