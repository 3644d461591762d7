import type { CsvOptions } from "../../core/formats/csv/dialect.ts";

/** What the flags for CSV say when none is given. */
export const CSV_DEFAULTS: CsvOptions = {
  delimiter: undefined,
  quotes: true,
  skip: 0,
  header: true,
  columns: undefined,
  outputColumns: undefined,
  schema: undefined,
  types: "text",
  ragged: false,
  comment: undefined,
  trim: false,
  bigints: false,
};
