/** How CSV is written: what the flags say, and what the beginning of a file tells. */

/** What the flags say, for every source. */
export interface CsvOptions {
  /** One ASCII character. Undefined: the format's own, or what Excel's first line (`sep=;`) says. */
  readonly delimiter: string | undefined;
  /** Whether a field may stand in quotes; else a quote is a character like any other. */
  readonly quotes: boolean;
  readonly header: boolean;
  /** Lines before the header, which are passed by. */
  readonly skip: number;
  /** The columns that records have, in this order; undefined for all. */
  readonly columns: readonly string[] | undefined;
  /** The columns of rows that are printed; undefined for those of the first record. */
  readonly outputColumns: readonly string[] | undefined;
  /** With "auto", numbers, true, false and empty fields that are not quoted are no strings. */
  readonly types: "text" | "auto";
  /** Rows with too few or too many fields are records, too. */
  readonly ragged: boolean;
  /** One ASCII character: lines that begin with it, outside of quotes, are passed by. */
  readonly comment: string | undefined;
  /** Spaces and tabs around fields, and around their quotes, are no part of them. */
  readonly trim: boolean;
}

/** How one source is written. It is JSON: it goes to the workers, and into the errors file. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quotes: boolean;
  /** The byte that ends a line: 10, or 13 in files that have no line feeds. */
  readonly lineEnd: 10 | 13;
  readonly columns: readonly string[];
  /** As in the options; not there when it is off. */
  readonly comment?: string | undefined;
  readonly trim?: boolean | undefined;
}

export const DEFAULT_DELIMITERS = { csv: ",", tsv: "\t" } as const;

export const QUOTE = 34;
export const SPACE = 32;
export const TAB = 9;
export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;
