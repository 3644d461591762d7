/** What prints rows of CSV: it learns the columns from the first record, where they are not given. */
import type { TableWriter } from "../codec.ts";
import type { FormatOptions } from "../format.ts";
import { DEFAULT_DELIMITERS } from "./dialect.ts";
import { checkRow, columnsOf, printRow, rowOf } from "./printer.ts";

export function createCsvWriter(
  to: "csv" | "tsv",
  { delimiter = DEFAULT_DELIMITERS[to], types, quotes, comment, trim, outputColumns }: FormatOptions,
  given: readonly string[] | undefined,
): TableWriter {
  const options = { delimiter, types, quotes, comment, trim };
  let columns = given;
  return {
    isGiven: given !== undefined,
    get columns() {
      return columns;
    },
    mark() {
      const before = columns;
      return () => {
        columns = before;
      };
    },
    print(record) {
      if (record === undefined || typeof record === "function") return undefined;
      checkRow(record);
      columns ??= columnsOf(record);
      return printRow(rowOf(record, columns, outputColumns !== undefined), options);
    },
    header() {
      return printRow(columns ?? [], { ...options, types: "text" });
    },
  };
}
