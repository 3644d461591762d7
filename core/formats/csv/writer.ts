/** What prints rows of CSV: it learns the columns from the first record, where they are not given. */
import { printJson } from "../../json.ts";
import { printBigInts } from "../bigints.ts";
import type { TableWriter } from "../codec.ts";
import type { FormatOptions } from "../format.ts";
import { plainRow } from "../plain-value.ts";
import { DEFAULT_DELIMITERS } from "./dialect.ts";
import { columnsOf, printRow, rowOf } from "./printer.ts";

type Columns = readonly string[];

export function createCsvWriter(
  to: "csv" | "tsv",
  formatOptions: FormatOptions,
  given: Columns | undefined,
): TableWriter {
  const { delimiter = DEFAULT_DELIMITERS[to], types, quotes, comment, trim, bigints } = formatOptions;
  const { header: hasHeader, outputColumns } = formatOptions;
  const options = { delimiter, types, quotes, comment, trim, printJson: bigints ? printBigInts : printJson };
  const printHeader = (names: Columns) => printRow(names, { ...options, types: "text" });
  const rowIn = (names: Columns, record: unknown) =>
    printRow(rowOf(record, names, outputColumns !== undefined), options);
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
    print(given) {
      const record = plainRow(given);
      if (record === undefined) return undefined;
      if (columns !== undefined) return rowIn(columns, record);
      const found = columnsOf(record);
      const row = rowIn(found, record);
      // A record whose names or values cannot be printed does not say what the columns are.
      if (hasHeader) printHeader(found);
      columns = found;
      return row;
    },
    header() {
      return printHeader(columns ?? []);
    },
  };
}
