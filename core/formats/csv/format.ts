/** CSV and TSV as formats: what the flags, a header and a row have to do with each other. */
import type { InputFormatName } from "../input.ts";
import type { OutputFormat, OutputFormatName } from "../output.ts";
import { type CsvOptions, DEFAULT_DELIMITERS } from "./dialect.ts";
import { checkRow, columnsOf, printRow, rowOf } from "./printer.ts";

export function isCsv(format: InputFormatName | OutputFormatName): format is "csv" | "tsv" {
  return format === "csv" || format === "tsv";
}

/** Prints rows. It learns the columns from the first record, where they are not given. */
export interface CsvWriter {
  /** Undefined until they are known. */
  columns: readonly string[] | undefined;
  print(record: unknown): string | undefined;
  /** The header, of columns that are known. */
  header(): string;
}

export function createCsvWriter(
  to: "csv" | "tsv",
  {
    delimiter = DEFAULT_DELIMITERS[to],
    types,
    quotes,
    comment,
    trim,
  }: Pick<CsvOptions, "delimiter" | "types" | "quotes" | "comment" | "trim">,
  columns: readonly string[] | undefined,
): CsvWriter {
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

/** The output format of columns that are named. */
export function csvOutput(to: "csv" | "tsv", options: CsvOptions): OutputFormat {
  const writer = createCsvWriter(to, options, options.outputColumns);
  const head = options.outputColumns === undefined || !options.header ? "" : writer.header();
  return {
    name: to,
    print: (value) => writer.print(value),
    printJson: (json) => writer.print(JSON.parse(json)) ?? "",
    head,
    tail: "",
    emptyTail: "",
    firstTrim: 0,
  };
}
