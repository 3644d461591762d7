/** The rows of a file, from any row on: what has been decoded last is kept, for those that follow. */

import type { Compressors } from "hyparquet";
import { columnName, columnNames } from "../column-names.ts";
import { type Column, columnsOf } from "./columns.ts";
import { GroupReader, type Window } from "./group-reader.ts";
import { checked, type FileMetaData, type ParquetBytes } from "./metadata.ts";
import { type BuildRecord, compileBuild } from "./rows-cursor.ts";
import type { ValueTools } from "./values.ts";

export interface FileRowsOptions extends ValueTools {
  readonly compressors: Compressors;
  /** The fields of the records, in this order; undefined for all. */
  readonly only?: readonly string[] | undefined;
}

/** Rows that follow each other, and what makes records of them. */
export interface Rows {
  readonly window: Window;
  readonly build: BuildRecord;
}

interface Group {
  readonly index: number;
  /** The numbers of its rows in the file. */
  readonly start: number;
  readonly end: number;
}

interface OpenGroup extends Group {
  readonly reader: GroupReader;
  readonly build: BuildRecord;
  readonly fields: ReadonlySet<string> | undefined;
  /** The rows that have been decoded last, of which the first one is `at`. */
  window: Window | undefined;
  at: number;
}

export class FileRows {
  /** How many fields a record has, if all are made. */
  readonly width: number;
  readonly #from: ParquetBytes;
  readonly #metadata: FileMetaData;
  readonly #compressors: Compressors;
  readonly #columns: readonly Column[];
  readonly #groups: readonly Group[];
  #open: OpenGroup | undefined;

  /** @throws {SyntaxError} for a schema that makes no sense, or where a column is not there */
  constructor(from: ParquetBytes, metadata: FileMetaData, { compressors, only, ...tools }: FileRowsOptions) {
    this.#from = from;
    this.#metadata = metadata;
    this.#compressors = compressors;
    const all = checked(() => columnsOf(metadata, tools), "its schema");
    this.#columns = only === undefined ? all : only.map((name) => columnNamed(all, name));
    this.#groups = groupsOf(metadata);
    this.width = this.#columns.length;
  }

  /**
   * The row at a place and those behind it, up to a number: as far as they are decoded.
   * @param fields those that have to be made; undefined for all
   * @throws {SyntaxError} for what is damaged; its message names the place
   */
  at(row: number, most: number, fields?: ReadonlySet<string>): Rows {
    const open = this.#groupAt(row, fields);
    try {
      for (;;) {
        const { window, at } = open;
        if (window !== undefined && row < at + window.rows)
          return { window: part(window, row - at, most), build: open.build };
        const next = at + (window?.rows ?? 0);
        // What the script has let go of can be let go of here.
        open.window = undefined;
        open.reader.skip(row - next);
        open.at = row;
        open.window = open.reader.next(open.end - row);
      }
    } catch (error) {
      this.#open = undefined;
      if (!(error instanceof SyntaxError)) throw error;
      throw new SyntaxError(`row group ${open.index + 1}, ${error.message}`);
    }
  }

  /** The record of one row, which no other row shares. */
  record(row: number): Record<string, unknown> {
    const { window, build } = this.at(row, 1);
    return build(window.columns, 0);
  }

  #groupAt(row: number, fields: ReadonlySet<string> | undefined): OpenGroup {
    const last = this.#open;
    if (last !== undefined && last.fields === fields && row >= last.at && row < last.end) return last;
    const group = this.#groups.find(({ end }) => row < end);
    const stored = group && this.#metadata.row_groups[group.index];
    if (group === undefined || stored === undefined) throw new SyntaxError(`it has no row ${row + 1}`);
    const columns = fields === undefined ? this.#columns : this.#columns.filter(({ name }) => fields.has(name));
    const reader = new GroupReader(
      this.#from,
      { columns, group: stored, compressors: this.#compressors },
      row - group.start,
    );
    const build = compileBuild(columns.map(({ name }) => name));
    this.#open = { ...group, reader, build, fields, window: undefined, at: row };
    return this.#open;
  }
}

/** Groups with rows in them. */
function groupsOf({ row_groups }: FileMetaData): Group[] {
  let end = 0;
  return row_groups.map(({ num_rows }, index) => {
    const start = end;
    end += Number(num_rows);
    return { index, start, end };
  });
}

function columnNamed(columns: readonly Column[], name: string): Column {
  const found = columns.find((column) => column.name === name);
  if (found === undefined)
    throw new SyntaxError(
      `it has no column ${columnName(name)}, but ${columnNames(columns.map((column) => column.name))}`,
    );
  return found;
}

function part({ rows, columns }: Window, from: number, most: number): Window {
  return {
    rows: Math.min(rows - from, most),
    columns: columns.map(({ values, at }) => ({ values, at: at + from })),
  };
}
