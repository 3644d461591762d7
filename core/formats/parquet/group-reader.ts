/** The rows of a row group, in windows: as many at a time as every column has decoded. */
import type { Compressors, DecodedArray, RowGroup } from "hyparquet";
import { assembleNested } from "hyparquet/src/assemble.js";
import { type Column, VARIANT_PARSERS } from "./columns.ts";
import { LeafReader } from "./leaf-reader.ts";
import { checked, type ParquetBytes } from "./metadata.ts";
import { keyOf } from "./schema-tree.ts";

/** Values of a column, of which the first row's is at `at`. */
export interface WindowColumn {
  readonly values: ArrayLike<unknown>;
  readonly at: number;
}

export interface Window {
  readonly rows: number;
  /** In the order of the columns that were asked for. */
  readonly columns: readonly WindowColumn[];
}

/** Nested values of more rows are not made at once. */
const MOST_ROWS = 4096;

export class GroupReader {
  readonly #columns: readonly Column[];
  readonly #leaves: readonly (readonly LeafReader[])[];

  /** @param first the first row of the group that is wanted */
  constructor(
    from: ParquetBytes,
    { columns, group, compressors }: { columns: readonly Column[]; group: RowGroup; compressors: Compressors },
    first: number,
  ) {
    this.#columns = columns;
    this.#leaves = columns.map(({ name, leaves }) =>
      inColumn(name, () =>
        leaves.map((leaf) => {
          const chunk = group.columns[leaf.index];
          if (chunk?.file_path !== undefined) throw new SyntaxError("it is in another file");
          if (chunk?.meta_data === undefined) throw new SyntaxError("it is encrypted, or has no metadata");
          return new LeafReader(from, {
            leaf,
            chunk: chunk.meta_data,
            compressors,
            rows: Number(group.num_rows),
            first,
          });
        }),
      ),
    );
  }

  /** Passes by the next rows. */
  skip(count: number): void {
    for (const leaf of this.#leaves.flat()) leaf.skip(count);
  }

  /**
   * The next rows, up to a number.
   * @throws {SyntaxError} for what is damaged, or of a kind that cannot be read; its message names the column
   */
  next(most: number): Window {
    let rows = Math.min(most, MOST_ROWS);
    this.#leaves.forEach((leaves, i) => {
      inColumn((this.#columns[i] as Column).name, () => {
        for (const leaf of leaves) {
          leaf.fill();
          rows = Math.min(rows, leaf.ready);
        }
      });
    });
    const columns = this.#columns.map((column, i) =>
      inColumn(column.name, () => takeRows(column, this.#leaves[i] as LeafReader[], rows)),
    );
    return { rows, columns };
  }
}

function takeRows({ tree, shape }: Column, leaves: readonly LeafReader[], rows: number): WindowColumn {
  if (tree === undefined) {
    const [leaf] = leaves as [LeafReader];
    const window = leaf.rows;
    leaf.take(rows);
    return window;
  }
  const parts = new Map<string, DecodedArray>();
  for (const leaf of leaves) {
    const { values, at } = leaf.rows;
    parts.set(leaf.key, values.slice(at, at + rows));
    leaf.take(rows);
  }
  checked(() => assembleNested(parts, tree, VARIANT_PARSERS), "a nested value");
  const values = parts.get(keyOf(tree)) as ArrayLike<unknown>;
  return { values: shape === undefined ? values : Array.from(values, shape), at: 0 };
}

function inColumn<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`column ${JSON.stringify(name)}: ${error.message}`);
  }
}
