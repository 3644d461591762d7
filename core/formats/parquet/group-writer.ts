/**
 * Writes row groups, each by itself: its bytes may stand anywhere in the file. What the end of the file has to say of them is
 * added up as text, and the places are filled in when all are known.
 */
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { ParquetWriter } from "hyparquet-writer/src/parquet-writer.js";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { RowGroups, WrittenGroup } from "../codec.ts";
import { columnOf, columnText, type OutputColumn } from "./column-types.ts";
import { misfit, storeOf } from "./column-values.ts";
import { readNote, writeNote } from "./group-note.ts";
import { eachRow, type Row } from "./row-text.ts";
import { RowWriter } from "./row-writer.ts";
import { logicalElement, physicalElement, type RowGroup } from "./schema-elements.ts";
import { bytesOfTexts } from "./text-column.ts";

type ColumnSource = Parameters<ParquetWriter["write"]>[0]["columnData"][number];

const MAGIC = 0x31524150;
const MAGIC_BYTES = 4;
/** Readers look here for faults of known writers: it has to be of this form. */
const CREATED_BY = "pmap version 1 (build hyparquet-writer)";
const ROOT = { name: "schema" };

export function createRowGroups(text: TextCodec): RowGroups {
  return {
    columnsOf: columnsOfRows,
    write: (rows, columns) => writeGroup(rows, columns, text),
    end: endOfFile,
  };
}

/** The columns of all rows, by the first of them. */
function columnsOfRows(text: string, given: readonly string[]): string[] {
  const looked = new RowWriter(given, false);
  eachRow(text, (row) => looked.print(row));
  return looked.typed.map(columnText);
}

/** @throws {TypeError} for a value that its column does not take */
function writeGroup(text: string, columnTexts: readonly string[], codec: TextCodec): WrittenGroup {
  const columns = columnTexts.map(columnOf);
  const filled = columns.map(createColumn);
  let rows = 0;
  eachRow(text, (row) => {
    rows++;
    for (const column of filled) column.add(row);
  });
  const writer = new ByteWriter();
  const elements = columns.map(physicalElement);
  const parquet = new ParquetWriter({ writer, schema: [{ ...ROOT, num_children: columns.length }, ...elements] });
  void parquet.write({
    rowGroupSize: rows,
    columnData: columns.map((column, i) => columnSource(column, filled[i]?.values ?? [], codec)),
  });
  const [group] = parquet.row_groups as [RowGroup];
  return { bytes: writer.getBytes().subarray(MAGIC_BYTES), note: writeNote(group, elements, MAGIC_BYTES) };
}

function columnSource({ name, type }: OutputColumn, values: unknown[], codec: TextCodec): ColumnSource {
  const isText = type === "string" || type === "json";
  const bytes = isText ? bytesOfTexts(values as (string | null)[], codec) : undefined;
  return {
    name,
    offsetIndex: false,
    // Readers compare JSON by its bytes, if at all.
    statistics: type !== "json",
    ...(bytes === undefined ? { data: values } : { data: bytes, encoding: "PLAIN" }),
  };
}

function createColumn(column: OutputColumn): { readonly values: unknown[]; add(row: Row): void } {
  const { name, isOptional } = column;
  const store = storeOf(column);
  const isInherited = name in Object.prototype;
  const values: unknown[] = [];
  return {
    values,
    add(row) {
      const value = isInherited && !Object.hasOwn(row, name) ? undefined : row[name];
      if (value === undefined || value === null) {
        if (!isOptional) throw misfit(column, value);
        values.push(null);
        return;
      }
      const stored = store(value);
      if (stored === undefined) throw misfit(column, value);
      values.push(stored);
    },
  };
}

/** What stands behind the last row group. */
function endOfFile(columnTexts: readonly string[], groups: readonly { at: number; note: string }[]): Uint8Array {
  const columns = columnTexts.map(columnOf);
  const elements = columns.map(logicalElement);
  const row_groups = groups.map(({ at, note }) => readNote(note, at));
  const writer = new ByteWriter();
  writeMetadata(writer, {
    version: 2,
    created_by: CREATED_BY,
    schema: [{ ...ROOT, num_children: columns.length }, ...elements],
    num_rows: row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
    row_groups,
    metadata_length: 0,
  });
  writer.appendUint32(MAGIC);
  return writer.getBytes();
}
