/** Rows of Parquet as records. */
import type { Cursor, Origin } from "../cursor.ts";
import type { Window } from "./group-reader.ts";

/** From the columns of a window to one row's record. */
export type BuildRecord = (columns: Window["columns"], row: number) => Record<string, unknown>;

/** Code that makes a record: an object of one shape, whose keys stand in it in this order. */
export function compileBuild(names: readonly string[]): BuildRecord {
  const fields = names.map((name, i) => `${keyOf(name)}: c[${i}].values[c[${i}].at + row]`);
  return new Function("c", "row", `return {${fields.join(",")}};`) as BuildRecord;
}

/** As a key it would set the prototype. */
function keyOf(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}

export interface RowsCursorOptions {
  readonly window: Window;
  readonly build: BuildRecord;
  /** The file that they are in. */
  readonly source: string;
  /** The position of the window's first row, among the rows of all files. */
  readonly first: number;
  /** The rows of the files before this one. */
  readonly before: number;
  /** The record at a position, as the file has it: what the script got may be changed by now, or have fewer fields. */
  readonly whole: (at: number) => unknown;
}

export class RowsCursor implements Cursor {
  #index = -1;
  readonly #options: RowsCursorOptions;

  constructor(options: RowsCursorOptions) {
    this.#options = options;
  }

  advance(): boolean {
    return ++this.#index < this.#options.window.rows;
  }

  read(): unknown {
    return this.#options.build(this.#options.window.columns, this.#index);
  }

  offset(): number {
    return this.#options.first + Math.min(this.#index, this.#options.window.rows - 1);
  }

  line(): number {
    return Math.min(this.#index + 1, this.#options.window.rows);
  }

  origin(): Origin {
    const { source, before } = this.#options;
    return { source, sourceIndex: 0, line: this.offset() - before + 1, from: "parquet" };
  }

  raw(): string {
    return JSON.stringify(this.#options.whole(this.offset()));
  }
}
