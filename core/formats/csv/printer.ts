/** CSV out: rows with the columns of `--columns`, or of the first record that is emitted. */
import { columnName, notNamed } from "../column-names.ts";
import { plainValue } from "../plain-value.ts";

export interface RowOptions {
  readonly delimiter: string;
  readonly quotes: boolean;
  /** Text that would be read as a number, a boolean or null stands in quotes: with `--types auto` it is read back as text. */
  readonly types: "text" | "auto";
  /** As it is read: a row that would be a comment begins with a quote, and so do fields that would be trimmed. */
  readonly comment?: string | undefined;
  readonly trim?: boolean | undefined;
  /** What stands for an array or an object. */
  readonly printJson: (value: unknown) => string | undefined;
}

/** A header, or a row. */
export function printRow(values: readonly unknown[], options: RowOptions): string {
  let row = "";
  for (let i = 0; i < values.length; i++) row += (i === 0 ? "" : options.delimiter) + field(values[i], options);
  return isNoRow(row, options) ? `${asRow(row, values, options)}\n` : `${row}\n`;
}

/** Lines that are skipped where CSV is read: empty ones, comments, and `sep=;` before a header. */
function isNoRow(row: string, { comment, trim }: RowOptions): boolean {
  if (row.length === 0 || (row.length === 5 && row.startsWith("sep="))) return true;
  if (comment !== undefined && row.startsWith(comment)) return true;
  return trim === true && /^[ \t]*$/.test(row);
}

/** The first field in quotes makes it a row. */
function asRow(row: string, values: readonly unknown[], options: RowOptions): string {
  if (!options.quotes)
    throw new TypeError("its row would be an empty line or a comment, and --quote none leaves no way to print it");
  if (row.startsWith('"')) return row;
  const first = field(values[0], options);
  return quote(first, options) + row.slice(first.length);
}

/**
 * The values of a record, by column.
 * @param areNamed whether `--columns` names them, not the first record
 * @throws {TypeError} for what is no object, and for a key that is not among the columns
 */
export function rowOf(record: unknown, columns: readonly string[], areNamed: boolean): unknown[] {
  if (Array.isArray(record)) {
    if (record.length > columns.length)
      throw new TypeError(`it has ${record.length} values, and there are ${columns.length} columns`);
    return columns.map((_, i) => plainValue(record[i], String(i)));
  }
  const values = record as Record<string, unknown>;
  let known = 0;
  const row = columns.map((column) => {
    if (Object.hasOwn(values, column)) known++;
    // What every object has is no value of this one.
    else if (column in Object.prototype) return undefined;
    const value = values[column];
    return typeof value === "object" ? plainValue(value, column) : value;
  });
  const keys = Object.keys(values);
  if (keys.length > known) {
    const other = keys.find((key) => !columns.includes(key));
    if (other !== undefined && areNamed) throw notNamed(other, "--columns");
    if (other !== undefined)
      throw new TypeError(
        `${columnName(other)} is not among the columns of the first record: name all of them with --columns`,
      );
  }
  return row;
}

/** @throws {TypeError} for what has no columns */
export function columnsOf(record: unknown): string[] {
  if (Array.isArray(record))
    throw new TypeError("an array has no columns: return an object, or name them with --columns");
  const columns = Object.keys(record as object);
  if (columns.length === 0) throw new TypeError("an object without keys has no columns: name them with --columns");
  return columns;
}

function field(value: unknown, options: RowOptions): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return text(value, options);
  if (typeof value === "number") return Number.isFinite(value) ? word(String(value), options) : "";
  if (typeof value === "boolean" || typeof value === "bigint") return word(String(value), options);
  const json = options.printJson(value);
  return json === undefined ? "" : quote(json, options);
}

/** A delimiter may be a character of numbers and words. */
function word(value: string, options: RowOptions): string {
  return value.includes(options.delimiter) ? quote(value, options) : value;
}

const LOOKS_TYPED = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|)$/;

function text(value: string, options: RowOptions): string {
  const { delimiter, types, comment, trim } = options;
  const plain =
    !value.includes(delimiter) &&
    !value.includes('"') &&
    !value.includes("\n") &&
    !value.includes("\r") &&
    value.charCodeAt(0) !== 32 &&
    value.charCodeAt(value.length - 1) !== 32 &&
    !(types === "auto" && LOOKS_TYPED.test(value)) &&
    !(comment !== undefined && value.startsWith(comment)) &&
    !(trim === true && /^\t|\t$/.test(value));
  return plain ? value : quote(value, options);
}

function quote(value: string, { delimiter, quotes }: RowOptions): string {
  if (!quotes) {
    if (value.includes(delimiter) || /[\r\n]/.test(value))
      throw new TypeError("a field has a delimiter or a line end in it, and --quote none leaves no way to print it");
    return value;
  }
  return `"${value.replaceAll('"', '""')}"`;
}
