/** Values of flags: sizes, durations, counts, ranges. Each throws a UsageError that says what it wants. */

import { decoderOf } from "../adapters/system/decode-text.ts";
import type { MaxErrors } from "../core/coordinator/job/job.ts";
import { UsageError } from "../core/errors.ts";
import type { NumberRange } from "../core/formats/codec.ts";
import { splitFields } from "../core/formats/csv/fields.ts";
import { columnOf, columnText, OTHERS, type OutputColumn } from "../core/formats/parquet/column-types.ts";
import type { Mode } from "../core/platform/runtime.ts";
import type { ModuleImport } from "../core/script/types.ts";
import { didYouMean } from "./suggestion.ts";

const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function wrong(flag: string, text: string, wants: string): UsageError {
  return new UsageError(`Cannot use --${flag} "${text}": expected ${wants}`);
}

/** `64K`, `10M`, `2G`, or bytes; binary. */
export function parseSize(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([BKMGT]?)(?:i?B)?$/i.exec(text.trim());
  const bytes =
    match === null ? 0 : Math.floor(Number(match[1]) * (SIZE_UNITS[(match[2] as string).toUpperCase()] as number));
  if (bytes < 1) throw wrong(flag, text, "a size such as 64K, 10M or 2G");
  return bytes;
}

/** With less than this a runtime does not start. */
const MIN_MEMORY_BYTES = { process: 16 * 1024 ** 2, thread: 8 * 1024 ** 2, inline: 1 };

export function parseMaxMemory(text: string, mode: Mode): number {
  const bytes = parseSize("max-memory", text);
  const least = MIN_MEMORY_BYTES[mode];
  if (bytes < least) throw wrong("max-memory", text, `at least ${least / 1024 ** 2}M: a worker needs that to start`);
  return bytes;
}

/** `500ms`, `5s`, `2m`, `1h`, in milliseconds. */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  const ms = match === null ? 0 : Number(match[1]) * (DURATION_UNITS_MS[match[2] as string] as number);
  if (ms <= 0) throw wrong(flag, text, "a duration such as 500ms, 5s or 2m");
  return ms;
}

export function parseCount(flag: string, text: string, least: number): number {
  const n = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(n) || n < least) {
    throw wrong(flag, text, `a whole number, ${least} or more`);
  }
  return n;
}

/** `10/s`, `100/m` or `5000/h`, as a number a second. */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*\/\s*([smh])$/.exec(text.trim());
  const perSecond = match === null ? 0 : (Number(match[1]) * 1000) / (DURATION_UNITS_MS[match[2] as string] as number);
  if (perSecond <= 0) throw wrong("rate", text, "a number of records a second, minute or hour: 10/s, 100/m, 5000/h");
  return perSecond;
}

/** A priority: 0 is usual, 19 the last in line; below 0 is for root. */
export function parseNice(text: string): number {
  const n = Number(text);
  if (!/^[+-]?\d+$/.test(text.trim()) || n < -20 || n > 19) throw wrong("nice", text, "a whole number from -20 to 19");
  return n;
}

/** `4`, `50%`, `-1` (all but one) or `+1` (one more than there are), of the usable cores. */
export function parseCores(text: string, usable: number): number {
  const match = /^([+-]?)(\d+)(%?)$/.exec(text.trim());
  if (match === null || (match[1] !== "" && match[3] !== "")) throw wrong("cores", text, "N, N%, +N or -N");
  const n = Number(match[2]);
  if (match[3] === "%") return Math.max(1, Math.round((usable * n) / 100));
  if (match[1] === "+") return usable + n;
  if (match[1] === "-") return Math.max(1, usable - n);
  if (n < 1) throw wrong("cores", text, "at least one");
  return n;
}

/** `1..10`, `0..1..0.25`, `10..1..-3`; both ends belong to it. */
export function parseRange(text: string): NumberRange {
  const parts = text.split("..");
  const [from = Number.NaN, to = Number.NaN, step = from <= to ? 1 : -1] = parts.map((part) =>
    part.trim() === "" ? Number.NaN : Number(part),
  );
  const valid = parts.length >= 2 && parts.length <= 3 && [from, to, step].every(Number.isFinite) && step !== 0;
  if (!valid) throw wrong("range", text, "A..B or A..B..STEP, such as 1..1000 or 0..1..0.25");
  if ([from, to, step].some((n) => Number.isInteger(n) && !Number.isSafeInteger(n)))
    throw wrong("range", text, "numbers below 2^53, beyond which JavaScript rounds them");
  // A last step that misses its end by rounding alone still counts: 0..1..0.1 has 11 numbers.
  const count = Math.max(0, Math.floor((to - from) / step + 1e-9) + 1);
  if (count > Number.MAX_SAFE_INTEGER) throw wrong("range", text, "fewer than 2^53 numbers");
  return { from, step, count };
}

/** `4` processes that want a core, or `80%` of the usable cores. */
export function parseLoad(text: string, usable: number): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (match === null) throw wrong("max-load", text, "N or N%");
  return match[2] === "%" ? (usable * Number(match[1])) / 100 : Number(match[1]);
}

export function parseMaxErrors(text: string): MaxErrors {
  const match = /^(\d+|\d+\.\d+(?=%))(%?)$/.exec(text.trim());
  if (match === null) throw wrong("max-errors", text, "N or N%");
  return { unit: match[2] === "%" ? "percent" : "records", n: Number(match[1]) };
}

/** Names that other programs have for a value. */
const CALLED_ELSEWHERE: Readonly<Record<string, string>> = {
  ndjson: "jsonl",
  ldjson: "jsonl",
  jsonlines: "jsonl",
  lines: "text",
  txt: "text",
  raw: "text",
  null: "nul",
  zero: "nul",
  nodejs: "node",
  processes: "process",
  threads: "thread",
  ignore: "skip",
  continue: "skip",
  stop: "fail",
  abort: "fail",
};

export function parseChoice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const known = CALLED_ELSEWHERE[text.toLowerCase()];
  const hint = choices.some((choice) => choice === known) ? `\nDid you mean ${known}?` : didYouMean(text, choices);
  throw wrong(flag, text, `one of ${choices.join(", ")}${hint}`);
}

/** Names that code sees already, and words that cannot be one. */
const TAKEN = new Set(
  "_ ctx value default import export class function return new delete var let const if else for while do in of this null true false typeof void with switch case try throw yield await enum static super".split(
    " ",
  ),
);

/** `NAME` or `NAME=ALIAS`; without an alias the name's own letters: `node:fs` is `fs`, `./my-lib.ts` is `my_lib`. */
export function parseModule(text: string): ModuleImport {
  const equals = text.lastIndexOf("=");
  const specifier = equals === -1 ? text : text.slice(0, equals);
  const base = (specifier.split("/").at(-1) as string).replace(/^.*:/, "").replace(/\.[cm]?[jt]sx?$/, "");
  const alias = equals === -1 ? base.replaceAll(/\W/g, "_") : text.slice(equals + 1);
  if (!/^[A-Za-z_$][\w$]*$/.test(alias) || TAKEN.has(alias)) {
    throw wrong("module", text, "NAME=ALIAS, where ALIAS is an identifier that means nothing else here");
  }
  return { specifier, alias };
}

/** @throws {UsageError} for more than one character, and for what stands in fields for something else */
export function parseDelimiter(text: string): string {
  const delimiter = text === "\\t" || text === "tab" ? "\t" : text;
  if (delimiter.length === 1 && delimiter.charCodeAt(0) < 128 && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new UsageError(`Cannot use --delimiter "${text}": expected one ASCII character, or tab`);
}

/** @throws {UsageError} for more than one character, and for one that a number, a word or a quoted field may begin with */
export function parseComment(text: string): string {
  if (/^[!-/:-@[-`{-~]$/.test(text) && !/["+.-]/.test(text)) return text;
  throw new UsageError(`Cannot use --comment "${text}": expected one ASCII sign, such as # or %`);
}

/** What TextDecoder knows; UTF-8 needs no decoding. */
export function parseEncoding(text: string): string | undefined {
  try {
    return decoderOf(text).encoding === "utf-8" ? undefined : text.trim().toLowerCase();
  } catch {
    throw wrong("encoding", text, "a name such as windows-1252, utf-16 or shift_jis");
  }
}

/** Keys separated by dots; a dot in a key has a backslash before it. */
export function parsePath(text: string): string[] {
  const keys = (text.match(/(?:\\.|[^.\\])*(?:\.|$)/gs) ?? [])
    .slice(0, -1)
    .map((key) => key.replace(/\.$/, "").replaceAll(/\\(.)/gs, "$1"));
  if (text === "" || keys.includes("")) throw wrong("records-at", text, "keys separated by dots, such as data.items");
  return keys;
}

/** Columns as `name:type`, separated by commas; `...` at the end for all others. In quotes, a name keeps its spaces. */
export function parseSchema(text: string): string[] {
  const wrongSchema = (reason: string) => new UsageError(`Cannot use --schema "${text}": ${reason}`);
  try {
    const { fields, quoted } = splitFields(text, ",", true, true);
    const named = fields.at(-1) === OTHERS ? fields.slice(0, -1) : fields;
    const columns = named.map((field, i) => columnSaid(field, quoted?.[i] === true));
    const names = columns.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new SyntaxError(`"${twice}" is there twice`);
    return [...columns.map(columnText), ...fields.slice(named.length)];
  } catch (error) {
    throw wrongSchema((error as Error).message);
  }
}

function columnSaid(text: string, isQuoted: boolean): OutputColumn {
  const colon = text.lastIndexOf(":");
  if (colon < (isQuoted ? 0 : 1) || text.endsWith(":"))
    throw new SyntaxError(`"${text}" is no column with its type, such as id:int64 or name:string?`);
  const name = text.slice(0, colon);
  return columnOf(`${isQuoted ? name : name.trim()}:${text.slice(colon + 1).trim()}`);
}

/** Names separated by commas; one with a comma in it stands in quotes, as in a header. */
export function parseColumns(text: string): string[] {
  let columns: string[];
  try {
    columns = splitFields(text, ",").fields;
  } catch (error) {
    throw new UsageError(`Cannot use --columns "${text}": ${(error as Error).message}`);
  }
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw new UsageError(`Cannot use --columns "${text}": "${twice}" is there twice`);
  if (columns.includes("")) throw new UsageError(`Cannot use --columns "${text}": a name is empty`);
  return columns;
}

/** A setting of Spark's. */
export function parseSetting(text: string): string {
  if (!/^[^\s=]+=/.test(text)) throw wrong("conf", text, "KEY=VALUE, such as spark.executor.memory=2g");
  return text;
}
