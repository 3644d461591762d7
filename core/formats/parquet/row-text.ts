/**
 * A row on its way from the worker that has made it to the one that writes its row group: a line of JSON. What JSON has no form
 * for is told behind a tab, which JSON text has none of. The text depends on the row alone: row groups are cut by its length.
 */
import { parseJson, printJson } from "../../json.ts";

/** How a value is read: a Date from milliseconds, a bigint from digits, a number from its name, JSON from its text. */
type Code = "date" | "bigint" | "number" | "json";
export type Mark = readonly [name: string, code: Code];

/** A nested value as its JSON: with integers in it that would not come back. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function markOf(name: string, value: unknown): { readonly mark: Mark; readonly plain: string | number } {
  if (value instanceof Date) return { mark: [name, "date"], plain: value.getTime() };
  if (typeof value === "bigint") return { mark: [name, "bigint"], plain: String(value) };
  if (value instanceof JsonText) return { mark: [name, "json"], plain: value.text };
  return { mark: [name, "number"], plain: Object.is(value, -0) ? "-0" : String(value) };
}

export function markedText(json: string, marks: readonly Mark[]): string {
  return `${json}\t${printJson(marks)}`;
}

const READ: Readonly<Record<Code, (plain: never) => unknown>> = {
  date: (plain: number) => new Date(plain),
  bigint: (plain: string) => BigInt(plain),
  number: (plain: string) => Number(plain),
  json: (plain: string) => new JsonText(plain),
};

export type Row = Readonly<Record<string, unknown>>;

/** Characters that are parsed together: more take longer for each, and fewer, too. */
const WINDOW = 16 * 1024;

/** Calls `take` with each row of whole lines. */
export function eachRow(text: string, take: (row: Row) => void): void {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at + WINDOW);
    const window = text.slice(at, end === -1 ? text.length - 1 : end);
    at = end === -1 ? text.length : end + 1;
    if (window.includes("\t")) for (const line of window.split("\n")) take(rowOf(line));
    else for (const row of parseJson(`[${window.replaceAll("\n", ",")}]`) as Row[]) take(row);
  }
}

function rowOf(line: string): Row {
  const tab = line.indexOf("\t");
  if (tab === -1) return parseJson(line) as Row;
  const row = parseJson(line.slice(0, tab)) as Row;
  for (const [name, code] of parseJson(line.slice(tab + 1)) as Mark[])
    setField(row, name, READ[code](row[name] as never));
  return row;
}

/** Also a field that is called `__proto__`. */
export function setField(row: Row, name: string, value: unknown): void {
  Object.defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true });
}
