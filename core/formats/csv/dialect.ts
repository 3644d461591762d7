/** How CSV is written: what the flags say, and what the beginning of a file tells. */
import type { Dialect, FormatOptions } from "../format.ts";

/** What the flags say, for every source. */
export type CsvOptions = FormatOptions;

/** How one source is written. It is JSON: it goes to the workers, and into the errors file. */
export interface CsvDialect extends Dialect {
  readonly delimiter: string;
  readonly quotes: boolean;
  /** The byte that ends a line: 10, or 13 in files that have no line feeds. */
  readonly lineEnd: 10 | 13;
  /** As in the options; not there when it is off. */
  readonly comment?: string | undefined;
  readonly trim?: boolean | undefined;
}

/** What of a dialect says where records end. */
export type Borders = Pick<CsvDialect, "delimiter" | "lineEnd" | "quotes" | "comment" | "trim">;

export const DEFAULT_DELIMITERS = { csv: ",", tsv: "\t" } as const;

export const QUOTE = 34;
export const SPACE = 32;
export const TAB = 9;
export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;
