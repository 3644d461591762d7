/** `--from json`: files of arrays, which workers read, and all other sources of JSON values, as sources of JSON lines. */
import { openInput } from "../adapters/shared/positional-files.ts";
import { endsOf } from "../adapters/system/file-stats.ts";
import { jsonLines } from "../adapters/system/json-lines.ts";
import { placedStream } from "../adapters/system/placed-stream.ts";
import type { FileSource, Source } from "../core/coordinator/job/source.ts";
import type { InputFormat } from "../core/formats/format.ts";
import { arrays, isArrays } from "../core/formats/json-splitter/arrays.ts";
import { inputNamed } from "../core/formats/registry.ts";
import type { JobInput } from "./create-job.ts";
import { readPart } from "./headers.ts";
import type { ScriptSettings } from "./script-options.ts";

/** What has a limit is read in order: elements that are looked at ahead cannot be counted where some are no JSON. */
export function jsonInput(
  sources: readonly Source[],
  { recordsAt, limit }: Pick<ScriptSettings, "recordsAt" | "limit">,
  ended?: AbortSignal,
): JobInput {
  const byRanges = recordsAt === undefined && limit === undefined && sources.every(isFileOfArrays);
  return byRanges
    ? { sources, input: arrays }
    : { input: valuesAsLines, sources: asJsonLines(sources, recordsAt, ended) };
}

/** JSON lines, without what is said of lines that are none: these were not taken for lines. */
const valuesAsLines: InputFormat = { ...inputNamed("jsonl"), skipsBlank: "json", hint: () => "" };

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
export function asJsonLines(
  sources: readonly Source[],
  recordsAt: readonly string[] | undefined,
  ended?: AbortSignal,
): Source[] {
  return sources.map((source) => {
    if (source.kind === "stream") return jsonLines(source, recordsAt);
    const { name, path, begin } = source;
    return jsonLines(source.compressed?.stream ?? placedStream(name, { path, start: begin }, ended), recordsAt);
  });
}
