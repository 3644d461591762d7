/** CSV in a job: what its flags mean for reading and printing, and the headers of its files. */
import type { ReadHeader } from "../core/coordinator/job/job.ts";
import type { FileSource, Source } from "../core/coordinator/job/source.ts";
import { OpenFile } from "../core/coordinator/schedule/open-file.ts";
import { UsageError } from "../core/errors.ts";
import { type CsvOptions, DEFAULT_DELIMITERS } from "../core/formats/csv/dialect.ts";
import { isCsv } from "../core/formats/csv/format.ts";
import { type CsvHeader, readHeader } from "../core/formats/csv/header.ts";
import type { InputFile, Runtime } from "../core/platform/runtime.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

export interface HeaderTools {
  readonly openInput: (path: string) => InputFile;
  readonly text: Runtime["text"];
  readonly warn: (message: string) => void;
}

/** Undefined where there is no CSV. */
export function csvOptions(
  { script }: JobOptions,
  { from, to, csv }: ScriptSettings,
  { exports }: ScriptFacts,
): CsvOptions | undefined {
  if (!isCsv(from) && !isCsv(to) && from !== "rejects") return undefined;
  // What a map returns has the columns of the output; the records that it gets are whole.
  const maps = script.code.map !== undefined || exports.includes("map") || exports.includes("default");
  const outputColumns = isCsv(to) ? csv.columns : undefined;
  return { ...csv, columns: isCsv(to) && maps ? undefined : csv.columns, outputColumns };
}

export function headerReader(
  from: "csv" | "tsv",
  csv: CsvOptions,
  { text, warn }: Omit<HeaderTools, "openInput">,
): ReadHeader {
  const usualDelimiter = DEFAULT_DELIMITERS[from];
  const decode = (bytes: Uint8Array) => text.decode(bytes, 0, bytes.length);
  return (name, bytes, complete) => {
    const found = readHeader(bytes, { ...csv, name, usualDelimiter, complete, decode });
    for (const warning of found?.warnings ?? []) warn(warning);
    return found;
  };
}

const FIRST_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/**
 * The sources, and of files of CSV what their beginnings say.
 * @throws {UsageError} for what is not CSV, or has no such columns
 */
export function withHeaders(sources: readonly Source[], read: ReadHeader | undefined, tools: HeaderTools): Source[] {
  if (read === undefined) return [...sources];
  return sources.map((source) =>
    source.kind === "file" ? { ...source, header: headerOf(source, read, tools) } : source,
  );
}

function headerOf(source: FileSource, read: ReadHeader, { openInput }: HeaderTools): CsvHeader {
  const { name, begin, end } = source;
  const open = new OpenFile(openInput);
  try {
    const file = open.of(0, source);
    for (let length = FIRST_BYTES; ; length *= 4) {
      const bytes = new Uint8Array(Math.min(length, end - begin));
      let filled = 0;
      while (filled < bytes.length) {
        const count = file.read(bytes, filled, bytes.length - filled, begin + filled);
        if (count === 0) break;
        filled += count;
      }
      const header = read(name, bytes.subarray(0, filled), filled === end - begin);
      if (header !== undefined) return { ...header, end: begin + header.end };
      if (length > MAX_HEADER_BYTES)
        throw new UsageError(
          `Cannot read "${name}": its header has more than ${MAX_HEADER_BYTES} bytes\nIs a quote in it not closed?`,
          { about: "input" },
        );
    }
  } finally {
    open.close();
  }
}
