/**
 * The cursor over records of CSV. Where there are quotes, or fields have types, WebAssembly reads many at once; in plain text, where
 * the engine finds delimiters as quickly, one is read after the other.
 */
import type { CodecTools, ScanCodec } from "../codec.ts";
import { utf8Text } from "../utf8-text.ts";
import { WORTH_BYTES } from "../web-assembly.ts";
import { byDialect } from "./by-dialect.ts";
import { CsvCursor } from "./cursor.ts";
import { type CsvDialect, type CsvOptions, QUOTE } from "./dialect.ts";
import { createCsvParser } from "./parser.ts";
import { rowMemory } from "./row-memory.ts";
import { isReadInRows, RowReader } from "./rows.ts";
import { RowsCursor } from "./rows-cursor.ts";

/** So few at once are not worth the way there. */
const LEAST_BYTES = 1024;

/** @param worthBytes before WebAssembly is asked for: until then records are read in their text */
export function createOpenCsv(
  { text, options, fieldsFor }: Pick<CodecTools, "text" | "options" | "fieldsFor">,
  worthBytes = WORTH_BYTES,
): ReturnType<ScanCodec["createOpen"]> {
  const csvOptions = options as CsvOptions;
  const parserOf = byDialect((dialect, fields) => createCsvParser(dialect, csvOptions, fields?.names));
  const readerOf = byDialect((dialect, fields) => {
    const memory = isReadInRows(dialect) ? rowMemory() : undefined;
    return memory && new RowReader(text, memory, dialect, csvOptions, fields);
  });
  let seenBytes = 0;

  return (bytes, base, begin) => {
    const dialect = begin.dialect as CsvDialect;
    const fields = fieldsFor(bytes.length);
    const parser = parserOf(dialect, fields);
    seenBytes += bytes.length;
    const rows = isWorthIt(bytes) ? readerOf(dialect, fields)?.read(bytes) : undefined;
    if (rows !== undefined) return new RowsCursor(rows, { bytes, base }, dialect, parser, text);
    const records = utf8Text(bytes, text);
    return records === undefined ? undefined : new CsvCursor(records, base, dialect, parser, text);
  };

  function isWorthIt(bytes: Uint8Array): boolean {
    if (seenBytes <= worthBytes || bytes.length < LEAST_BYTES) return false;
    return csvOptions.types === "auto" || text.indexOf(bytes, QUOTE, 0) !== -1;
  }
}
