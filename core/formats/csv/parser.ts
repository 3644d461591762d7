/** From the text of a CSV record to an object, by code that is made for the header. */
import type { CsvDialect, CsvOptions } from "./dialect.ts";
import { splitFields, trimmed } from "./fields.ts";

export interface CsvParser {
  /**
   * The record whose text is `text` [at, end), without its line end.
   * @param plain that it has no quote in it
   * @throws {SyntaxError} when it has another number of fields than the header, or its quotes are not right
   */
  parse(text: string, at: number, end: number, plain: boolean): unknown;
}

type ParsePlain = (text: string, at: number, end: number) => unknown;
type Build = (fields: readonly string[], quoted: readonly boolean[] | undefined) => unknown;

/** @param fields those that are looked at; undefined: all of them */
export function createCsvParser(
  dialect: CsvDialect,
  options: CsvOptions,
  fields?: ReadonlySet<string> | undefined,
): CsvParser {
  const { delimiter, columns } = dialect;
  const trims = dialect.trim === true;
  const { ragged, types } = options;
  const isAuto = types === "auto";
  const wanted = wantedOf(columns, options.columns, fields);
  const build = compileBuild(columns, wanted, isAuto);
  const parsePlain = compilePlain(columns, wanted, { delimiter, isAuto, trims });

  return {
    parse(text, at, end, plain) {
      if (plain) {
        const record = parsePlain(text, at, end);
        if (record !== undefined) return record;
      }
      const { fields: parts, quoted } = splitFields(text.slice(at, end), delimiter, dialect.quotes, trims);
      if (parts.length === columns.length) return build(parts, quoted);
      if (!ragged) throw new SyntaxError(otherLength(parts, columns.length, trims));
      return raggedRecord(parts, quoted);
    },
  };

  function raggedRecord(parts: readonly string[], quoted: readonly boolean[] | undefined): unknown {
    const all = columns.map((_, i) => parts[i] ?? "");
    const record = build(all, quoted) as Record<string, unknown>;
    columns.forEach((column, i) => {
      if (i >= parts.length && Object.hasOwn(record, column)) record[column] = null;
    });
    if (options.columns !== undefined) return record;
    for (let i = columns.length; i < parts.length; i++) {
      const field = parts[i] as string;
      record[freeName(`_${i + 1}`, columns)] = isAuto && quoted?.[i] !== true ? typed(field) : field;
    }
    return record;
  }
}

/** `_3_2` where a column has the name `_3`. */
function freeName(name: string, columns: readonly string[]): string {
  let free = name;
  for (let number = 2; columns.includes(free); number++) free = `${name}_${number}`;
  return free;
}

function otherLength(fields: readonly string[], columns: number, trims: boolean): string {
  const { length } = fields;
  const few = length < columns ? "missing ones are null" : `the others are _${columns + 1} and so on`;
  const spaced = !trims && fields.some((field) => /^[ \t]+"/.test(field));
  const hint = spaced ? "With --trim a field may begin with a space and a quote" : `With --ragged ${few}`;
  return `it has ${length} ${length === 1 ? "field" : "fields"}, and the header has ${columns}\n${hint}`;
}

/**
 * The columns of records, each with its place in the header.
 * @param only those of `--columns`
 * @param fields those that are looked at
 */
export function wantedOf(
  columns: readonly string[],
  only: readonly string[] | undefined,
  fields: ReadonlySet<string> | undefined,
): [name: string, index: number][] {
  const names = (only ?? columns).filter((name) => fields?.has(name) !== false);
  return names.map((name) => [name, columns.indexOf(name)]);
}

/** A number in JSON that a double holds with all its digits, a boolean, or nothing: null. All else is text. */
export function typed(field: string): unknown {
  if (field === "") return null;
  const first = field.charCodeAt(0);
  // A digit or a minus, t, f.
  if ((first >= 48 && first <= 57) || first === 45) return NUMBER.test(field) && isExact(field) ? Number(field) : field;
  if (first === 116) return field === "true" ? true : field;
  if (first === 102) return field === "false" ? false : field;
  return field;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const MAX_DIGITS = 15;

/** All its digits are in the double: there are 15 of them at most, or it is what the double prints as, or a safe integer. */
function isExact(field: string): boolean {
  const value = Number(field);
  if (!Number.isFinite(value)) return false;
  if (field.length <= MAX_DIGITS || String(value) === field) return true;
  const [mantissa = ""] = field.split(/[eE]/);
  const digits = mantissa.replace(/^-?0*\.?0*|\./g, "").length;
  return digits <= MAX_DIGITS || (/^-?\d+$/.test(field) && Number.isSafeInteger(value));
}

/** The name of a property in code. A plain `__proto__:` would set the prototype, and brackets for every name would be slow. */
export function propertyOf(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}

/** `{ "a": f[0], ... }` */
function compileBuild(columns: readonly string[], wanted: readonly [string, number][], isAuto: boolean): Build {
  if (columns.length > MAX_COMPILED) return buildAny(wanted, isAuto);
  const value = (i: number) => (isAuto ? `(q !== undefined && q[${i}] ? f[${i}] : typed(f[${i}]))` : `f[${i}]`);
  const properties = wanted.map(([name, i]) => `${propertyOf(name)}: ${value(i)}`);
  return compile(`(f, q) => ({ ${properties.join(", ")} })`);
}

/** The same from text without quotes: delimiters are searched one after the other. Undefined for another number of fields. */
function compilePlain(
  columns: readonly string[],
  wanted: readonly [string, number][],
  { delimiter, isAuto, trims }: { readonly delimiter: string; readonly isAuto: boolean; readonly trims: boolean },
): ParsePlain {
  if (columns.length === 0 || columns.length > MAX_COMPILED) return () => undefined;
  const last = columns.length - 1;
  const search = JSON.stringify(delimiter);
  const lines: string[] = [];
  const startOf = (i: number) => (i === 0 ? "at" : `e${i - 1} + 1`);
  for (let i = 0; i < last; i++) {
    lines.push(`const e${i} = text.indexOf(${search}, ${startOf(i)});`, `if (e${i} === -1 || e${i} >= end) return;`);
  }
  lines.push(
    `const e${last} = text.indexOf(${search}, ${startOf(last)});`,
    `if (e${last} !== -1 && e${last} < end) return;`,
  );
  const field = (i: number) => {
    const whole = `text.slice(${startOf(i)}, ${i === last ? "end" : `e${i}`})`;
    const slice = trims ? `trimmed(${whole})` : whole;
    return isAuto ? `typed(${slice})` : slice;
  };
  const properties = wanted.map(([name, i]) => `${propertyOf(name)}: ${field(i)}`);
  return compile(`(text, at, end) => { ${lines.join("\n")} return { ${properties.join(", ")} }; }`);
}

/** With more columns code would be too long for engines to make it quick. */
const MAX_COMPILED = 1000;

function buildAny(wanted: readonly [string, number][], isAuto: boolean): Build {
  return (fields, quoted) => {
    const record: Record<string, unknown> = {};
    for (const [name, i] of wanted) {
      const field = fields[i] as string;
      const value = isAuto && quoted?.[i] !== true ? typed(field) : field;
      if (name === "__proto__") {
        Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
      } else record[name] = value;
    }
    return record;
  };
}

function compile<T>(code: string): T {
  return new Function("typed", "trimmed", `"use strict"; return ${code};`)(typed, trimmed) as T;
}
