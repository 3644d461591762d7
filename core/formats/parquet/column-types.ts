/**
 * The columns of Parquet that is written, as text: how `--schema` says them, and how coordinator and workers tell each other.
 *
 * `name:type` is a column that has a value in each row, `name:type?` one that may be null, `name:` one whose type is not known
 * yet. OTHERS stands for all that are not named.
 */
import type { FormatOptions } from "../format.ts";

export const COLUMN_TYPES = ["boolean", "int32", "int64", "double", "string", "timestamp", "date", "json"] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface OutputColumn {
  readonly name: string;
  /** Undefined where the first rows say it. */
  readonly type: ColumnType | undefined;
  readonly isOptional: boolean;
}

/** It has no colon: no column is called so. */
export const OTHERS = "...";

export function columnText({ name, type, isOptional }: OutputColumn): string {
  return type === undefined ? `${name}:` : `${name}:${type}${isOptional ? "?" : ""}`;
}

/** As it is typed for `--schema`: a name with a comma, quotes or spaces around it makes the column stand in double quotes. */
export function columnTyped(column: OutputColumn): string {
  const text = columnText(column);
  return /^$|[",]|^\s|\s$/.test(column.name) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @throws {SyntaxError} for a type that is not known */
export function columnOf(text: string): OutputColumn {
  const colon = text.lastIndexOf(":");
  const said = text.slice(colon + 1);
  const isOptional = said === "" || said.endsWith("?");
  const type = said.replace(/\?$/, "");
  if (said !== "" && !(COLUMN_TYPES as readonly string[]).includes(type))
    throw new SyntaxError(`"${type}" is no type, but ${COLUMN_TYPES.join(", ")} are`);
  return { name: text.slice(0, colon), type: said === "" ? undefined : (type as ColumnType), isOptional };
}

/** What is known before there is a row. */
export function givenColumns({ schema, outputColumns }: Partial<FormatOptions> = {}): readonly string[] {
  return schema ?? outputColumns?.map((name) => `${name}:`) ?? [OTHERS];
}

/** The flag that names all columns; undefined where the first rows name some. */
export function namingFlag({ schema, outputColumns }: Partial<FormatOptions>): "--columns" | "--schema" | undefined {
  if (schema !== undefined) return schema.includes(OTHERS) ? undefined : "--schema";
  return outputColumns === undefined ? undefined : "--columns";
}

/** Whether nothing is left for the first rows to say. */
export function areKnown(columns: readonly string[]): boolean {
  return columns.every((text) => text !== OTHERS && !text.endsWith(":"));
}

/** What a value is, as a bit: the values of a column together are a set. */
export const KIND = {
  null: 1,
  boolean: 2,
  /** Of a number or a bigint that is a safe integer. */
  integer: 4,
  /** Any other number. */
  double: 8,
  /** A bigint that no number holds, and 64 bits do. */
  long: 16,
  /** One that 64 bits do not hold. */
  huge: 32,
  string: 64,
  date: 128,
  /** An object or an array. */
  nested: 256,
} as const;

const { boolean, integer, double, long, string, date } = KIND;

/** The values that a column of each type takes whatever they are; others it may take after a look at them. */
const TAKEN: Readonly<Record<ColumnType, number>> = {
  boolean,
  int32: 0,
  int64: integer | long,
  double: integer | double,
  string,
  timestamp: date,
  date: 0,
  json: -1,
};

export function takenBy({ type, isOptional }: OutputColumn): number {
  if (type === undefined) return -1;
  return isOptional ? TAKEN[type] | KIND.null : TAKEN[type] & ~KIND.null;
}

/** The narrowest type for values of these kinds. JSON takes everything, also what only comes later where there are only nulls yet. */
export function typeFor(kinds: number): ColumnType {
  const values = kinds & ~KIND.null;
  if (values === 0) return "json";
  for (const type of ["boolean", "int64", "double", "string", "timestamp"] as const)
    if ((values & ~TAKEN[type]) === 0) return type;
  return "json";
}

/** What a batch has found in a column: `name:kinds`. */
export function foundText(name: string, kinds: number): string {
  return `${name}:${kinds}`;
}

/** Whether columns surely take all that a batch has found. */
export function takeAll(columns: readonly string[], found: readonly string[]): boolean {
  const taken = new Map(columns.map(columnOf).map((column) => [column.name, takenBy(column)]));
  return found.every((text) => {
    const colon = text.lastIndexOf(":");
    const kinds = Number(text.slice(colon + 1));
    const takes = taken.get(text.slice(0, colon)) ?? KIND.null;
    return (kinds & ~takes) === 0;
  });
}
