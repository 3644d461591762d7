/** What prints rows in a worker: its columns may have to be found out, and then its output begins with a header. */
import type { OutputCodec, TableWriter } from "../formats/codec.ts";
import type { FormatOptions } from "../formats/format.ts";
import type { TextCodec } from "../platform/text-codec.ts";

export interface TablePrinting {
  /** Undefined where no rows are printed. */
  createPrinter(columns: readonly string[] | undefined): TableWriter | undefined;
  /** The columns, where they have just been found out. */
  foundColumns(said: readonly string[] | undefined, printer: TableWriter | undefined): readonly string[] | undefined;
  /** Where a batch has found out the columns, its rows are the first. */
  withHeader(
    output: Uint8Array[],
    found: readonly string[] | undefined,
    printer: TableWriter | undefined,
  ): Uint8Array[];
}

export function tablePrinting(
  { createTable }: OutputCodec,
  options: FormatOptions | undefined,
  text: TextCodec,
): TablePrinting {
  return {
    createPrinter: (columns) => options && createTable?.(options, columns),
    foundColumns: (said, printer) => (said !== undefined || printer?.isGiven === true ? undefined : printer?.columns),
    withHeader(output, found, printer) {
      if (found === undefined || printer === undefined || options?.header === false) return output;
      return [text.encode(printer.header()), ...output];
    },
  };
}
