/** The beginning of a CSV source: its header, and what it tells of how the rest is written. */
import { UsageError } from "../../errors.ts";
import { columnNames } from "../column-names.ts";
import type { Header, HeaderOptions } from "../format.ts";
import { codeOf, isBlank } from "./characters.ts";
import { CARRIAGE_RETURN, type CsvDialect, LINE_FEED, QUOTE } from "./dialect.ts";
import { splitFields } from "./fields.ts";

export interface CsvHeader extends Header {
  readonly dialect: CsvDialect;
}

export interface CsvHeaderOptions extends HeaderOptions {
  /** The format's own delimiter. */
  readonly usualDelimiter: string;
}

/**
 * Reads the header from the first bytes of a source.
 * @returns undefined when it goes on behind them
 * @throws {UsageError} for UTF-16 and what else is not UTF-8, for fields that are not right, and for columns that it does not have
 */
export function readHeader(bytes: Uint8Array, options: CsvHeaderOptions): CsvHeader | undefined {
  const { name, header, complete, decode, comment, trim } = options;
  if (bytes.length < 4 && !complete) return undefined;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new UsageError(`Cannot read "${name}": it is UTF-16\nAdd --encoding utf-16`, { about: "input" });
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let delimiter = options.delimiter ?? options.usualDelimiter;
  const said = /^sep=([\x21-\x7e\t])\r*\n/.exec(decode(bytes.subarray(start, start + 16)));
  if (said !== null) {
    if (options.delimiter === undefined) delimiter = said[1] as string;
    start += said[0].length;
  }
  for (let skipped = 0; skipped < options.skip; skipped++) {
    const line = endOfLine(bytes, start, { delimiter: NO_QUOTES, trim, complete });
    if (line === undefined) return undefined;
    start = line.next;
  }
  for (;;) {
    while (bytes[start] === LINE_FEED || bytes[start] === CARRIAGE_RETURN) start++;
    if (bytes[start] !== codeOf(comment)) break;
    const line = endOfLine(bytes, start, { delimiter: NO_QUOTES, trim, complete });
    if (line === undefined) return undefined;
    start = line.next;
  }
  const quotedBy = options.quotes ? delimiter.charCodeAt(0) : NO_QUOTES;
  const line = endOfLine(bytes, start, { delimiter: quotedBy, trim, complete });
  if (line === undefined) return undefined;
  const { end, next, lineEnd } = line;
  if (header && !options.isUtf8(bytes.subarray(start, end)))
    throw new UsageError(
      `Cannot read the header of "${name}": it is not UTF-8\nIs it another encoding? Add it: --encoding windows-1252`,
      { about: "input" },
    );
  const fields = end === start ? [] : fieldsOf(decode(bytes.subarray(start, end)), delimiter, options);
  const columns = header ? fields : fields.map((_, i) => `_${i + 1}`);
  const warnings: string[] = [];
  if (header) warnings.push(...unusual(name, columns, delimiter));
  const named = header ? distinct(columns) : columns;
  for (const column of options.columns ?? []) {
    if (named.length > 0 && !named.includes(column))
      throw new UsageError(`Cannot use --columns "${column}": "${name}" has ${columnNames(named)}`);
  }
  const behind = header ? next : start;
  const lines = linesIn(bytes, behind, lineEnd);
  const rules = { ...(comment === undefined ? {} : { comment }), ...(trim ? { trim } : {}) };
  const dialect = { delimiter, quotes: options.quotes, lineEnd, columns: named, ...rules };
  return { dialect, end: behind, lines, warnings };
}

function linesIn(bytes: Uint8Array, to: number, lineEnd: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1 && at < to; at = bytes.indexOf(lineEnd, at + 1)) lines++;
  return lines;
}

/** In place of a delimiter: quotes are characters like others. */
const NO_QUOTES = -1;

/** @throws {UsageError} for a quote that is not closed, or that text follows */
function fieldsOf(text: string, delimiter: string, { name, quotes, trim }: HeaderOptions): string[] {
  try {
    return splitFields(text, delimiter, quotes, trim).fields;
  } catch (error) {
    throw new UsageError(`Cannot read the header of "${name}": ${(error as Error).message}`, { about: "input" });
  }
}

/** The first line end outside of quotes decides for the whole file: line feeds, with any returns before them, or returns. */
function endOfLine(
  bytes: Uint8Array,
  start: number,
  { delimiter, trim, complete }: { readonly delimiter: number; readonly trim: boolean; readonly complete: boolean },
): { readonly end: number; readonly next: number; readonly lineEnd: 10 | 13 } | undefined {
  let inside = false;
  let counts = false;
  let before = LINE_FEED as number;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE && delimiter !== NO_QUOTES) {
      if (before !== QUOTE) counts = inside || before === delimiter || before === LINE_FEED;
      if (counts) inside = !inside;
    } else if (!inside && byte === LINE_FEED) return { end: at, next: at + 1, lineEnd: LINE_FEED };
    else if (!inside && byte === CARRIAGE_RETURN) {
      let behind = at + 1;
      while (bytes[behind] === CARRIAGE_RETURN) behind++;
      if (behind >= bytes.length && !complete) return undefined;
      if (bytes[behind] === LINE_FEED) return { end: at, next: behind + 1, lineEnd: LINE_FEED };
      return { end: at, next: at + 1, lineEnd: CARRIAGE_RETURN };
    }
    const isAtStart = before === delimiter || before === LINE_FEED;
    if (!trim || !isBlank(byte) || !isAtStart) before = byte;
  }
  return complete ? { end: bytes.length, next: bytes.length, lineEnd: LINE_FEED } : undefined;
}

/** What the names of columns tell of a file that is probably not as it was taken to be. */
function unusual(name: string, columns: readonly string[], delimiter: string): string[] {
  const warnings: string[] = [];
  const [only = ""] = columns;
  const other = [";", "\t", "|", ","].find((each) => each !== delimiter && only.includes(each));
  if (columns.length === 1 && other !== undefined) {
    const shown = other === "\t" ? "a tab" : `"${other}"`;
    warnings.push(
      `"${name}" has one column, and its name has ${shown} in it\nIs it separated by that? Add --delimiter`,
    );
  }
  const renamed = distinct(columns).filter((column, i) => column !== columns[i]);
  if (renamed.length > 0)
    warnings.push(`"${name}" has columns without a name, or with the same one: they are ${columnNames(renamed)}`);
  return warnings;
}

/** Names that are all there and differ: `column_2` for an empty one, `id_2` for the second `id`. */
function distinct(columns: readonly string[]): string[] {
  const taken = new Set(columns);
  const seen = new Set<string>();
  return columns.map((column, i) => {
    if (column !== "" && !seen.has(column)) {
      seen.add(column);
      return column;
    }
    const stem = column === "" ? "column" : column;
    let number = column === "" ? i + 1 : 2;
    while (taken.has(`${stem}_${number}`)) number++;
    const name = `${stem}_${number}`;
    taken.add(name);
    seen.add(name);
    return name;
  });
}
