/** `--from json`: files of arrays, which workers read, and all other sources of JSON values, as sources of JSON lines. */
import { openInput } from "../adapters/shared/positional-files.ts";
import { endsOf } from "../adapters/system/file-stats.ts";
import { streamOf } from "../adapters/system/file-streams.ts";
import type { FileSource, Source, StreamSource } from "../core/coordinator/job/source.ts";
import { JobError } from "../core/errors.ts";
import { arrays, isArrays } from "../core/formats/json-splitter/arrays.ts";
import { createRecordsAt, type RecordsAt } from "../core/formats/json-splitter/records-at.ts";
import { createJsonValueSplitter } from "../core/formats/json-splitter/splitter.ts";
import type { JobInput } from "./create-job.ts";
import { readPart } from "./headers.ts";
import type { ScriptSettings } from "./script-options.ts";

/** What has a limit is read in order: elements that are looked at ahead cannot be counted where some are no JSON. */
export function jsonInput(
  sources: readonly Source[],
  { recordsAt, limit }: Pick<ScriptSettings, "recordsAt" | "limit">,
): JobInput {
  const byRanges = recordsAt === undefined && limit === undefined && sources.every(isFileOfArrays);
  return byRanges ? { sources, input: arrays } : { sources: asJsonLines(sources, recordsAt) };
}

const END_BYTES = 16 * 1024;

function isFileOfArrays(source: Source): boolean {
  if (source.kind !== "file") return false;
  const { begin, end } = source.compressed === undefined ? endsOf(source, END_BYTES) : endsInside(source);
  return isArrays(begin, end);
}

/** The ends of what is in a compressed file. Empty where they cannot be read: reading the stream tells why. */
function endsInside(source: FileSource): Record<"begin" | "end", Uint8Array> {
  const part = (start: number, end: number) => readPart(source, start, Math.min(end, source.end), { openInput });
  try {
    return { begin: part(0, END_BYTES), end: part(Math.max(0, source.end - END_BYTES), source.end) };
  } catch {
    return { begin: new Uint8Array(0), end: new Uint8Array(0) };
  }
}

/** @param recordsAt keys that lead to the arrays whose elements are the records; undefined for those at the top */
export function asJsonLines(sources: readonly Source[], recordsAt: readonly string[] | undefined): Source[] {
  return sources.map((source) => {
    if (source.kind === "stream") return linesOf(source, source.name, recordsAt);
    const stream = source.compressed?.stream ?? streamOf(source.path, source.begin);
    return linesOf(stream, source.name, recordsAt);
  });
}

function linesOf(source: StreamSource, name: string, recordsAt: readonly string[] | undefined): StreamSource {
  const splitter = createJsonValueSplitter();
  const decoder = new TextDecoder();
  const filter = recordsAt && createRecordsAt(recordsAt, (bytes) => decoder.decode(bytes));
  let isFirst = true;
  return {
    kind: "stream",
    name,
    lineAt: splitter.lineAt,
    async read() {
      const bytes = await source.read();
      if (bytes === undefined) {
        checkEnd(name, splitter.open ?? filter?.open);
        if (filter !== undefined) checkFound(name, filter, recordsAt as readonly string[]);
        return undefined;
      }
      // A byte order mark is white space here.
      if (isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes.fill(32, 0, 3);
      isFirst = false;
      filter?.next(bytes);
      return splitter.next(bytes);
    },
  };
}

function checkEnd(name: string, open: RecordsAt["open"]): void {
  if (open === undefined) return;
  const where = `begins in line ${open.line}, at byte ${open.offset}`;
  throw new JobError(`Cannot read ${told(name)}: it ends inside a value that ${where}`, { about: "input" });
}

/** Nothing at all is no mistake; values none of which has such an array are probably another kind of file. */
function checkFound(name: string, { found }: RecordsAt, path: readonly string[]): void {
  if (found === "values")
    throw new JobError(`Cannot read ${told(name)}: there is no array at "${path.join(".")}" in it`, { about: "input" });
}

function told(name: string): string {
  return name === "-" ? "stdin" : `"${name}"`;
}
