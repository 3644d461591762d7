/** The settings that a script can give, too: the command line wins over the script, the script over the defaults. */
import type { MaxErrors } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { CsvOptions } from "../core/formats/csv/dialect.ts";
import { isCsv } from "../core/formats/csv/format.ts";
import { INPUT_FORMATS, type InputFormatName } from "../core/formats/input.ts";
import { OUTPUT_FORMATS, type OutputFormatName } from "../core/formats/output.ts";
import { type FoundFormat, formatOf, outputFormatOf } from "./input-format.ts";
import type { Given, JobOptions } from "./options.ts";
import {
  parseChoice,
  parseColumns,
  parseComment,
  parseCount,
  parseDelimiter,
  parseDuration,
  parseEncoding,
  parseMaxErrors,
  parsePath,
  parseSize,
} from "./values.ts";

/** What a script's `options` may also say. */
export interface ScriptSettings {
  readonly from: InputFormatName;
  /** The input is JSON of any shape, which is made JSON lines of. */
  readonly ofValues: boolean;
  /** Keys that lead to the arrays whose elements are the records of JSON. */
  readonly recordsAt: readonly string[] | undefined;
  readonly to: OutputFormatName;
  readonly unordered: boolean;
  readonly bigints: boolean;
  /** What the input is written in, by the names that TextDecoder knows; undefined for UTF-8. */
  readonly encoding: string | undefined;
  readonly limit: number | undefined;
  readonly maxRecordBytes: number;
  readonly concurrency: number;
  readonly onError: "fail" | "skip";
  readonly maxErrors: MaxErrors | undefined;
  readonly retries: number;
  readonly timeoutMs: number | undefined;
  readonly chunkBytes: number | undefined;
  readonly seed: number;
  readonly csv: CsvSettings;
}

/** The flags for CSV. */
export type CsvSettings = Omit<CsvOptions, "outputColumns">;

/** The one place that holds defaults. */
export const DEFAULTS: ScriptSettings = {
  from: "jsonl",
  ofValues: false,
  recordsAt: undefined,
  to: "jsonl",
  unordered: false,
  bigints: false,
  encoding: undefined,
  limit: undefined,
  maxRecordBytes: 64 * 1024 * 1024,
  concurrency: 8,
  onError: "fail",
  maxErrors: undefined,
  retries: 2,
  timeoutMs: undefined,
  chunkBytes: undefined,
  seed: 0,
  csv: {
    delimiter: undefined,
    quotes: true,
    skip: 0,
    header: true,
    columns: undefined,
    types: "text",
    ragged: false,
    comment: undefined,
    trim: false,
  },
};

/** What --from takes: `json` is made JSON lines of. */
const FROM_NAMES = ["jsonl", "json", ...Object.keys(INPUT_FORMATS).filter((name) => name !== "jsonl")];

export const SCRIPT_FLAGS = [
  "from",
  "records-at",
  "to",
  "unordered",
  "bigints",
  "encoding",
  "limit",
  "max-record",
  "concurrency",
  "on-error",
  "max-errors",
  "retries",
  "timeout",
  "chunk",
  "delimiter",
  "quote",
  "skip",
  "no-header",
  "columns",
  "types",
  "ragged",
  "comment",
  "trim",
  "seed",
] as const;

/**
 * The settings, complete.
 * @param options the script's `options` export
 * @throws {UsageError} when one of them is not what it has to be
 */
export function resolveSettings(
  plan: JobOptions,
  options: Readonly<Record<string, unknown>>,
  sources: readonly Source[],
): { readonly settings: ScriptSettings; readonly format: FoundFormat | undefined } {
  const fromScript = new Map<string, string | true>();
  for (const [name, value] of Object.entries(options)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!(SCRIPT_FLAGS as readonly string[]).includes(flag)) {
      throw new UsageError(
        `Cannot use the option "${name}" of "${plan.script.name}": a script can set ${SCRIPT_FLAGS.join(", ")}`,
      );
    }
    if (value === undefined || value === false) continue;
    fromScript.set(flag, value === true ? true : String(value));
  }
  const said = plan.given.has("from") ? "as --from says" : fromScript.has("from") ? "as the script says" : undefined;
  const asks = plan.given.has("records-at") || fromScript.has("records-at");
  const found =
    said !== undefined
      ? { from: DEFAULTS.from, reason: said }
      : asks
        ? { from: "json" as const, reason: "--records-at is for JSON" }
        : formatOf(sources);
  const isJson = found.from === "json";
  const from = isJson ? "jsonl" : (found.from as InputFormatName);
  const byInput = { ...DEFAULTS, from, ofValues: isJson, to: outputFormatOf(plan.outputPath) };
  const settings = readSettings(plan.given, readSettings(fromScript, byInput));
  if (settings.maxErrors !== undefined && settings.onError === "fail") {
    throw new UsageError(
      "Cannot use --max-errors with --on-error fail: the first failure ends the job\nSay --on-error skip",
    );
  }
  if (settings.recordsAt !== undefined && !settings.ofValues)
    throw new UsageError(`Cannot use --records-at with ${settings.from}: it is for JSON\nSay --from json`);
  const forCsv = ["delimiter", "quote", "skip", "no-header", "columns", "types", "ragged", "comment", "trim"].find(
    (flag) => plan.given.has(flag),
  );
  if (forCsv !== undefined && !isCsv(settings.from) && !isCsv(settings.to) && settings.from !== "rejects")
    throw new UsageError(`Cannot use --${forCsv} with ${settings.from}: it is for CSV\nSay --from csv, or --to csv`);
  return {
    settings,
    format:
      plan.range === undefined ? { from: settings.ofValues ? "json" : settings.from, reason: found.reason } : undefined,
  };
}

/** @throws {UsageError} when one of them is not what it has to be */
export function readSettings(given: Given, base: ScriptSettings): ScriptSettings {
  const read = <T>(name: (typeof SCRIPT_FLAGS)[number], otherwise: T, parse: (text: string) => T): T => {
    const text = given.get(name);
    return text === undefined ? otherwise : parse(String(text));
  };
  return {
    from: read("from", base.from, (text) =>
      text === "json" ? "jsonl" : parseChoice("from", text, FROM_NAMES),
    ) as InputFormatName,
    ofValues: read("from", base.ofValues, (text) => text === "json"),
    recordsAt: read("records-at", base.recordsAt, parsePath),
    to: read("to", base.to, (text) => parseChoice("to", text, Object.keys(OUTPUT_FORMATS) as OutputFormatName[])),
    unordered: given.has("unordered") || base.unordered,
    bigints: given.has("bigints") || base.bigints,
    encoding: read("encoding", base.encoding, parseEncoding),
    limit: read("limit", base.limit, (text) => parseCount("limit", text, 0)),
    maxRecordBytes: read("max-record", base.maxRecordBytes, (text) => parseSize("max-record", text)),
    concurrency: read("concurrency", base.concurrency, (text) => parseCount("concurrency", text, 1)),
    onError: read("on-error", base.onError, (text) => parseChoice("on-error", text, ["fail", "skip"])),
    maxErrors: read("max-errors", base.maxErrors, parseMaxErrors),
    retries: read("retries", base.retries, (text) => parseCount("retries", text, 0)),
    timeoutMs: read("timeout", base.timeoutMs, (text) => parseDuration("timeout", text)),
    chunkBytes: read("chunk", base.chunkBytes, (text) => parseSize("chunk", text)),
    csv: {
      delimiter: read("delimiter", base.csv.delimiter, parseDelimiter),
      quotes: read("quote", base.csv.quotes, (text) => parseChoice("quote", text, ["double", "none"]) === "double"),
      skip: read("skip", base.csv.skip, (text) => parseCount("skip", text, 0)),
      header: !given.has("no-header") && base.csv.header,
      columns: read("columns", base.csv.columns, parseColumns),
      types: read("types", base.csv.types, (text) => parseChoice("types", text, ["text", "auto"])),
      ragged: given.has("ragged") || base.csv.ragged,
      comment: read("comment", base.csv.comment, parseComment),
      trim: given.has("trim") || base.csv.trim,
    },
    seed: read("seed", base.seed, (text) => parseCount("seed", text, 0)),
  };
}
