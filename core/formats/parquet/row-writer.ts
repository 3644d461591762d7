/** What prints rows for Parquet in a worker: it looks at the type of each value, and refuses those that their column does not take. */
import { printJson } from "../../json.ts";
import { printBigInts } from "../bigints.ts";
import type { TableWriter } from "../codec.ts";
import { columnName, notNamed } from "../column-names.ts";
import { plainRow, plainValue } from "../plain-value.ts";
import { columnOf, foundText, KIND, OTHERS, type OutputColumn, takenBy, typeFor } from "./column-types.ts";
import { isText, kindOf, MARKED, misfit, storeOf } from "./column-values.ts";
import { JsonText, type Mark, markedText, markOf, setField } from "./row-text.ts";

interface Column extends OutputColumn {
  readonly takes: number;
  /** What has been found in it. */
  kinds: number;
}

type Fields = Record<string, unknown>;

export interface RowWriterOptions {
  /** The flag that names all columns. */
  readonly namedBy?: "--columns" | "--schema" | undefined;
  /** BigInts within nested values are printed as integers. */
  readonly bigints?: boolean;
}

export class RowWriter implements TableWriter {
  readonly isGiven: boolean;
  readonly #columns: Column[];
  readonly #byName: Map<string, Column>;
  readonly #required: readonly Column[];
  readonly #isOpen: boolean;
  readonly #namedBy: RowWriterOptions["namedBy"];
  readonly #bigints: boolean;

  /**
   * @param isGiven whether they are what the first rows have said, or `--schema`: then what is found is not asked for
   */
  constructor(columns: readonly string[], isGiven: boolean, { namedBy, bigints = false }: RowWriterOptions = {}) {
    this.isGiven = isGiven;
    this.#namedBy = namedBy;
    this.#bigints = bigints;
    this.#isOpen = columns.includes(OTHERS);
    this.#columns = columns.filter((text) => text !== OTHERS).map((text) => columnFor(columnOf(text)));
    this.#byName = new Map(this.#columns.map((column) => [column.name, column]));
    this.#required = this.#columns.filter(({ isOptional }) => !isOptional);
  }

  /** What has been found in each column. */
  get columns(): readonly string[] {
    return this.#columns.map(({ name, kinds }) => foundText(name, kinds));
  }

  /** The columns, each with the type that all its values have. */
  get typed(): readonly OutputColumn[] {
    return this.#columns.map(({ name, type, isOptional, kinds }) => ({
      name,
      type: type ?? typeFor(kinds),
      isOptional,
    }));
  }

  header(): string {
    return "";
  }

  /** What has been found in a record that is taken back only makes that another look is taken. */
  mark(): () => void {
    return () => {};
  }

  print(record: unknown): string | undefined {
    const row = rowOf(record);
    if (row === undefined) return undefined;
    let copy: Fields | undefined;
    const marks: Mark[] = [];
    const names = Object.keys(row);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const given = row[name];
      // A Date is a value of its own.
      const value = typeof given === "object" && !(given instanceof Date) ? plainValue(given, name) : given;
      const kind = this.#kindOf(name, value, i);
      if (value === given && (kind & MARKED) === 0) continue;
      copy ??= { ...row };
      const { mark, plain } = (kind & MARKED) === 0 ? { plain: value } : markOf(name, value);
      if (mark !== undefined) marks.push(mark);
      setField(copy, name, plain);
    }
    for (const column of this.#required) if (!Object.hasOwn(row, column.name)) throw misfit(column, undefined);
    return this.#lineOf(copy ?? row, marks);
  }

  #lineOf(row: Fields, marks: Mark[]): string {
    try {
      return lineOf(row, marks);
    } catch (error) {
      if (!this.#bigints) throw error;
      return lineOf(withJsonTexts(row, marks), marks);
    }
  }

  #kindOf(name: string, value: unknown, at: number): number {
    const kind = kindNamed(name, value);
    const next = this.#columns[at];
    const column = next?.name === name ? next : this.#columnNamed(name, kind);
    if (column === undefined) return kind;
    const bits = kind & ~MARKED;
    if ((bits & ~column.takes) !== 0 && (bits === KIND.null || storeOf(column)(value) === undefined))
      throw misfit(column, value);
    column.kinds |= bits;
    return kind;
  }

  /** Undefined for a column that is not there and has no value. */
  #columnNamed(name: string, kind: number): Column | undefined {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    if (!this.#isOpen) {
      if (kind === KIND.null) return undefined;
      if (this.#namedBy !== undefined) throw notNamed(name, this.#namedBy);
      throw new TypeError(
        `${columnName(name)} is not among the columns, which the first rows have said: name all of them with --schema`,
      );
    }
    if (!isText(name)) throw new TypeError("the name of a column has half of a surrogate pair in it");
    const column = columnFor({ name, type: undefined, isOptional: true });
    this.#columns.push(column);
    this.#byName.set(name, column);
    return column;
  }
}

function lineOf(row: Fields, marks: readonly Mark[]): string {
  const json = printJson(row);
  return `${marks.length === 0 ? json : markedText(json, marks)}\n`;
}

/** The row with the text of each nested value: as numbers, large integers in it would be rounded on their way. */
function withJsonTexts(row: Fields, marks: Mark[]): Fields {
  const copy = { ...row };
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== "object" || value === null) continue;
    const text = printBigInts(value);
    if (text === undefined) continue;
    const { mark, plain } = markOf(name, new JsonText(text));
    marks.push(mark);
    setField(copy, name, plain);
  }
  return copy;
}

function columnFor(column: OutputColumn): Column {
  return { ...column, takes: takenBy(column), kinds: 0 };
}

function kindNamed(name: string, value: unknown): number {
  try {
    return kindOf(value);
  } catch (error) {
    throw new TypeError(`${columnName(name)}: ${(error as Error).message}`);
  }
}

/** @throws {TypeError} for what has no columns */
function rowOf(record: unknown): Fields | undefined {
  const row = plainRow(record);
  if (Array.isArray(row)) throw new TypeError("a row is an object, not an array");
  return row as Fields | undefined;
}
