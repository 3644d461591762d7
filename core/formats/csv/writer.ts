/** What prints rows of CSV: it learns the columns from the first record, where they are not given. */
import type { TableWriter } from "../codec.ts";
import type { FormatOptions } from "../format.ts";
import { DEFAULT_DELIMITERS } from "./dialect.ts";
import { checkRow, columnsOf, printRow, rowOf } from "./printer.ts";

export function createCsvWriter(
  to: "csv" | "tsv",
  { delimiter = DEFAULT_DELIMITERS[to], types, quotes, comment, trim }: FormatOptions,
  columns: readonly string[] | undefined,
): TableWriter {
  const options = { delimiter, types, quotes, comment, trim };
  return {
    columns,
    print(record) {
      if (record === undefined || typeof record === "function") return undefined;
      checkRow(record);
      this.columns ??= columnsOf(record);
      return printRow(rowOf(record, this.columns), options);
    },
    header() {
      return printRow(this.columns ?? [], { ...options, types: "text" });
    },
  };
}
