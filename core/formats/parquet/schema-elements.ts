/** The columns of a file that is written, as Parquet says them. */
import type { ParquetWriter } from "hyparquet-writer/src/parquet-writer.js";
import type { ColumnType, OutputColumn } from "./column-types.ts";

// The writer has a version of hyparquet of its own.
export type SchemaElement = ParquetWriter["schema"][number];
export type RowGroup = ParquetWriter["row_groups"][number];

type Element = Omit<SchemaElement, "name" | "repetition_type">;

/** As values are given to the writer: what they are made of is done by then. */
const PHYSICAL: Readonly<Record<ColumnType, Element>> = {
  boolean: { type: "BOOLEAN" },
  int32: { type: "INT32" },
  int64: { type: "INT64" },
  double: { type: "DOUBLE" },
  string: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  timestamp: { type: "INT64" },
  date: { type: "INT32" },
  json: { type: "BYTE_ARRAY", converted_type: "UTF8" },
};

/** As the file says it, for older readers, too. */
const LOGICAL: Readonly<Partial<Record<ColumnType, Element>>> = {
  string: { converted_type: "UTF8", logical_type: { type: "STRING" } },
  timestamp: {
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
  date: { converted_type: "DATE", logical_type: { type: "DATE" } },
  json: { converted_type: "JSON", logical_type: { type: "JSON" } },
};

export function physicalElement({ name, type = "json", isOptional }: OutputColumn): SchemaElement {
  return { name, ...PHYSICAL[type], repetition_type: isOptional ? "OPTIONAL" : "REQUIRED" };
}

export function logicalElement(column: OutputColumn): SchemaElement {
  return { ...physicalElement(column), ...LOGICAL[column.type ?? "json"] };
}
