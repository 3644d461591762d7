/** The values of columns that are written: what each is, and what is stored for it. */
import { printJson } from "../../json.ts";
import { printBigInts } from "../bigints.ts";
import { columnName } from "../column-names.ts";
import { shellWord } from "../shell-word.ts";
import { type ColumnType, columnTyped, KIND, type OutputColumn } from "./column-types.ts";
import { JsonText } from "./row-text.ts";

/** The kind of a value that JSON has no form for, or another one: it is written beside the row. */
export const MARKED = 1 << 16;

const MOST_LONG = 2n ** 63n;
const LIMIT_LONG = 2 ** 63;
const LIMIT_INT = 2 ** 31;
const DAY_MS = 86_400_000;

/** @throws {TypeError} for text that UTF-8 has no bytes for */
export function kindOf(value: unknown): number {
  switch (typeof value) {
    case "string":
      if (!isText(value)) throw new TypeError("it has half of a surrogate pair in it, which is no text");
      return KIND.string;
    case "number":
      if (Number.isSafeInteger(value)) return value === 0 && 1 / value < 0 ? KIND.integer | MARKED : KIND.integer;
      return Number.isFinite(value) ? KIND.double : KIND.double | MARKED;
    case "boolean":
      return KIND.boolean;
    case "bigint":
      return kindOfBigInt(value) | MARKED;
    case "object":
      if (value === null) return KIND.null;
      if (value instanceof JsonText) return KIND.nested | MARKED;
      if (!(value instanceof Date)) return KIND.nested;
      return Number.isNaN(value.getTime()) ? KIND.null : KIND.date | MARKED;
    default:
      return KIND.null;
  }
}

/** Whether UTF-8 has bytes for all of it. */
export function isText(text: string): boolean {
  // Newer than the library that the types are of, and in all runtimes.
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}

function kindOfBigInt(value: bigint): number {
  if (value >= -MOST_SAFE && value <= MOST_SAFE) return KIND.integer;
  return value >= -MOST_LONG && value < MOST_LONG ? KIND.long : KIND.huge;
}

const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** What is stored for a value that is there; undefined for one that the type cannot hold without a loss. */
type Store = (value: unknown) => unknown;

const STORES: Readonly<Record<ColumnType, Store>> = {
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  int32: (value) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    return Number.isInteger(number) && (number as number) >= -LIMIT_INT && (number as number) < LIMIT_INT
      ? (number as number) + 0
      : undefined;
  },
  int64: toLong,
  double: (value) => {
    if (typeof value === "number") return value;
    return typeof value === "bigint" && isExact(value) ? Number(value) : undefined;
  },
  string: (value) => (typeof value === "string" ? value : undefined),
  timestamp: (value) => {
    const ms = value instanceof Date ? value.getTime() : typeof value === "string" ? millisOf(value) : undefined;
    return ms === undefined ? undefined : BigInt(ms);
  },
  date: (value) => {
    const ms = value instanceof Date ? value.getTime() : typeof value === "string" ? dayOf(value) : undefined;
    return ms === undefined || ms % DAY_MS !== 0 ? undefined : ms / DAY_MS;
  },
  json: (value) => {
    if (typeof value === "number" && !Number.isFinite(value)) return null;
    if (value instanceof JsonText) return value.text;
    return typeof value === "bigint" ? String(value) : printJson(value);
  },
};

export function storeOf({ type = "json" }: OutputColumn): Store {
  return STORES[type];
}

function isExact(value: bigint): boolean {
  const number = Number(value);
  return Number.isFinite(number) && BigInt(number) === value;
}

/** Digits of those that are no safe integers: so they are read from Parquet. */
const DIGITS = /^-?[1-9]\d{15,18}$/;

function toLong(value: unknown): bigint | undefined {
  if (typeof value === "number")
    return Number.isInteger(value) && value >= -LIMIT_LONG && value < LIMIT_LONG ? BigInt(value) : undefined;
  const long = typeof value === "string" && DIGITS.test(value) ? BigInt(value) : value;
  if (typeof long !== "bigint" || long < -MOST_LONG || long >= MOST_LONG) return undefined;
  return typeof value === "string" && kindOfBigInt(long) === KIND.integer ? undefined : long;
}

/** ISO 8601 with its zone. Digits behind the milliseconds have to be zeros. */
const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3}0*)?)?(?:Z|[+-]\d\d:\d\d)$/;

function millisOf(text: string): number | undefined {
  return INSTANT.test(text) ? momentOf(text.replace(" ", "T").replace(/(\.\d{3})0+/, "$1")) : undefined;
}

function dayOf(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? momentOf(text) : undefined;
}

/** The milliseconds of ISO 8601. Some runtimes take the 31st of a shorter month for a day of the next one. */
function momentOf(text: string): number | undefined {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  const date = text.slice(0, 10);
  // Every month has the other days.
  const isInMonth = date.slice(8) < "29" || new Date(Date.parse(date)).toISOString().startsWith(date);
  return isInMonth ? ms : undefined;
}

/** Characters of a value that a message shows. */
const SHOWN = 40;

/** That a column does not take a value, and what to do. */
export function misfit({ name, type, isOptional }: OutputColumn, value: unknown): TypeError {
  if (value === null || value === undefined)
    return new TypeError(
      `${columnName(name)} has no value, and its column needs one: say ${schemaWith({ name, type, isOptional: true })}`,
    );
  const other = type === "int64" && typeof value === "number" ? "double" : "json";
  const shown = value instanceof JsonText ? value.text : (printBigInts(value) ?? "nothing");
  const short = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}...` : shown;
  const said = schemaWith({ name, type: other, isOptional });
  return new TypeError(`${columnName(name)} is ${short}, and its column is ${type}: name another type with ${said}`);
}

/** The flag for a column. Control characters are not for a terminal, and hardly typed. */
function schemaWith(column: OutputColumn): string {
  return /\p{Cc}/u.test(column.name) ? "--schema" : `--schema ${shellWord(`${columnTyped(column)},...`)}`;
}
