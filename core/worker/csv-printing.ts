/** What prints CSV in a worker: its columns may have to be found out, and then its output begins with a header. */
import { type CsvWriter, createCsvWriter, isCsv } from "../formats/csv/format.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import type { WorkerSettings } from "../protocol/messages.ts";

export interface CsvPrinting {
  /** Undefined where no CSV is printed. */
  createPrinter(columns: readonly string[] | undefined): CsvWriter | undefined;
  /** The columns, where they have just been found out. */
  foundColumns(said: readonly string[] | undefined, printer: CsvWriter | undefined): readonly string[] | undefined;
  /** Where a batch has found out the columns, its rows are the first. */
  withHeader(output: Uint8Array[], found: readonly string[] | undefined, printer: CsvWriter | undefined): Uint8Array[];
}

export function csvPrinting(settings: WorkerSettings, text: TextCodec): CsvPrinting {
  const { to, csv } = settings;
  return {
    createPrinter: (columns) =>
      isCsv(to) && csv !== undefined ? createCsvWriter(to, csv, columns ?? csv.outputColumns) : undefined,
    foundColumns: (said, printer) =>
      said === undefined && csv?.outputColumns === undefined ? printer?.columns : undefined,
    withHeader(output, found, printer) {
      if (found === undefined || printer === undefined || csv?.header === false) return output;
      return [text.encode(printer.header()), ...output];
    },
  };
}
