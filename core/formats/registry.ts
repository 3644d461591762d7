/** The formats as the coordinator and the command line know them. A new one is a line here, and one in codecs.ts. */
import { UsageError } from "../errors.ts";
import { bytes } from "./bytes.ts";
import { csv, tsv } from "./csv/format.ts";
import { files } from "./files.ts";
import type { Format, FormatFlags, FormatName, InputFormat, OutputFormat } from "./format.ts";
import { json } from "./json.ts";
import { jsonl } from "./jsonl.ts";
import { parquet } from "./parquet/format.ts";
import { rejects } from "./rejects.ts";
import { nul, text } from "./text.ts";

/** The first is the one that is taken where nothing says another. */
export const FORMATS: Format[] = [jsonl, json, csv, tsv, text, nul, bytes, parquet, files, rejects];

export const DEFAULT_FORMAT = jsonl.name;

export function inputNames(): FormatName[] {
  return FORMATS.flatMap(({ name, input }) => (input === undefined ? [] : [name]));
}

export function outputNames(): FormatName[] {
  return FORMATS.flatMap(({ name, output }) => (output === undefined ? [] : [name]));
}

/** How a format is read; of one that is converted first, how that is read which it becomes. */
export function inputNamed(name: FormatName): InputFormat {
  const input = formatNamed(name)?.input;
  if (input === undefined) throw new UsageError(`Cannot read the format "${name}"`);
  return input.cut === "converted" ? inputNamed(input.into) : input;
}

export function outputNamed(name: FormatName): OutputFormat {
  const output = formatNamed(name)?.output;
  if (output === undefined) throw new UsageError(`Cannot write the format "${name}"`);
  return output;
}

export function formatNamed(name: FormatName): Format | undefined {
  return FORMATS.find((format) => format.name === name);
}

/** The flags of all formats, without those that are listed twice. */
export function formatFlags(): readonly FormatFlags[] {
  return [...new Set(FORMATS.flatMap(({ flags }) => flags ?? []))];
}
