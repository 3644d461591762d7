/** CSV and TSV. What ends a record depends on the quotes before it, so a scanner (scanner.ts) goes ahead of the workers. */
import { UsageError } from "../../errors.ts";
import type { Codec, TableWriter } from "../codec.ts";
import { type Format, type FormatOptions, NO_ENDS } from "../format.ts";
import { printLine } from "../jsonl.ts";
import { byDialect } from "./by-dialect.ts";
import { codeOf, isEmptyLine } from "./characters.ts";
import { CARRIAGE_RETURN, type CsvDialect, DEFAULT_DELIMITERS, LINE_FEED } from "./dialect.ts";
import { CSV_FLAGS } from "./flags.ts";
import { readHeader } from "./header.ts";
import { createOpenCsv } from "./open.ts";
import { createCsvParser } from "./parser.ts";
import { createCsvScanner } from "./piece-scanner.ts";
import { createCsvWriter } from "./writer.ts";

export const csv: Format = /* @__PURE__ */ formatOf("csv", [".csv"]);
export const tsv: Format = /* @__PURE__ */ formatOf("tsv", [".tsv", ".tab"]);
export const csvCodec: Codec = /* @__PURE__ */ codecOf("csv");
export const tsvCodec: Codec = /* @__PURE__ */ codecOf("tsv");

function formatOf(name: "csv" | "tsv", extensions: readonly string[]): Format {
  return {
    name,
    about: "an object a row, named by the header",
    extensions,
    flags: CSV_FLAGS,
    input: {
      cut: "scan",
      separator: LINE_FEED,
      skipsBlank: true,
      readHeader: (bytes, options) => readHeader(bytes, { ...options, usualDelimiter: DEFAULT_DELIMITERS[name] }),
      createScanner: (dialect, text) => createCsvScanner(dialect as CsvDialect, text),
      endsAnywhere: true,
      createContentCheck: (dialect) => contentCheck(dialect as CsvDialect),
    },
    output: {
      extensions,
      hasColumns: true,
      ends(options) {
        if (options?.outputColumns === undefined || !options.header) return NO_ENDS;
        return { ...NO_ENDS, head: headerOf(createCsvWriter(name, options, options.outputColumns)) };
      },
    },
  };
}

/** @throws {UsageError} for names that cannot be printed */
function headerOf(writer: TableWriter): string {
  try {
    return writer.header();
  } catch (error) {
    throw new UsageError(`Cannot print the header: ${(error as Error).message}`);
  }
}

/** In front of the line's end, to which returns belong that stand directly before a line feed. */
function endOfRow(bytes: Uint8Array, lineEnd: number): number {
  let end = bytes.length;
  if (bytes[end - 1] !== lineEnd) return end;
  end--;
  while (lineEnd === LINE_FEED && bytes[end - 1] === CARRIAGE_RETURN) end--;
  return end;
}

function codecOf(name: "csv" | "tsv"): Codec {
  return {
    name,
    input: {
      cut: "scan",
      needsUtf8: true,
      createScanner: ({ dialect }, text) => createCsvScanner(dialect as CsvDialect, text),
      windowBytes: 64 * 1024,
      lineEnd: (dialect) => (dialect as CsvDialect).lineEnd,
      createOpen: (tools) => createOpenCsv(tools),
      createReread({ options }) {
        const parserOf = byDialect((dialect) => createCsvParser(dialect, options as FormatOptions));
        return (record, dialect) =>
          dialect === undefined ? record : parserOf(dialect as CsvDialect).parse(record, 0, record.length, false);
      },
      recordIn: (bytes, { dialect }) => ({ from: 0, to: endOfRow(bytes, (dialect as CsvDialect).lineEnd) }),
      isComment: (bytes, dialect) => bytes[0] === codeOf((dialect as CsvDialect).comment),
      whenTooLong: ", or look for a quote that is not closed",
    },
    output: {
      print: printLine,
      printJson: (json) => `${json}\n`,
      createTable: (options, columns) => createCsvWriter(name, options, columns ?? options.outputColumns),
    },
  };
}

function contentCheck(dialect: CsvDialect): (bytes: Uint8Array, from: number, to: number, isBegin: boolean) => boolean {
  const comment = codeOf(dialect.comment);
  const trims = dialect.trim === true;
  let isComment = false;
  return (bytes, from, to, isBegin) => {
    if (isBegin) isComment = bytes[from] === comment;
    return !isComment && !isEmptyLine(bytes, from, to, trims);
  };
}
