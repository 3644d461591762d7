/** Whether the end of a file says what reading relies on: hyparquet leaves a damaged field undefined, or as another type. */
import type { FileMetaData, RowGroup, SchemaElement } from "hyparquet";

type ColumnChunk = RowGroup["columns"][number];
type ColumnMetaData = NonNullable<ColumnChunk["meta_data"]>;

/** Text of a decimal is as long as its scale. No writer has decimals of more digits. */
const MOST_DIGITS = 16_384;

/** @throws {SyntaxError} where a field is missing, negative or absurd; its message names the field */
export function checkMetadata({ schema, row_groups: groups, num_rows: total }: FileMetaData): void {
  const leaves = checkSchema(schema);
  let rows = 0n;
  for (const [index, group] of groups.entries()) {
    checkGroup(group, leaves, `row group ${index + 1}`);
    rows += group.num_rows;
  }
  if (total !== undefined && total !== rows) damaged(`its row groups have ${rows} rows, and it says ${total}`);
  if (!isCount(rows)) damaged(`${rows} rows`);
}

/** @returns the columns that are stored, in the order of each row group */
function checkSchema(schema: readonly SchemaElement[]): SchemaElement[] {
  let open = 1;
  for (const [index, element] of schema.entries()) {
    if (open === 0) damaged("its schema has columns that belong to nothing");
    if (index > 0) checkElement(element, `column ${index}`);
    const { num_children: children = 0 } = element;
    if (!isSize(children)) damaged(`element ${index} of its schema has no valid num_children`);
    open += children - 1;
  }
  if (open !== 0) damaged("its schema is not complete");
  return schema.filter(({ num_children: children }, index) => index > 0 && !children);
}

function checkElement(element: SchemaElement, where: string): void {
  const { name, type, num_children: children, repetition_type: repetition } = element;
  if (typeof name !== "string") damaged(`${where} has no name`);
  if (repetition === undefined) damaged(`${where} has no valid repetition_type`);
  if (!children && type === undefined) damaged(`${where} has no valid type`);
  if (!isDecimal(element)) return;
  const { scale = 0, precision = MOST_DIGITS } =
    element.logical_type?.type === "DECIMAL" ? element.logical_type : element;
  if (!isSize(precision) || !isSize(scale) || scale > Math.min(precision, MOST_DIGITS))
    damaged(`${where} has no valid scale and precision`);
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return logical?.type === "DECIMAL" || converted === "DECIMAL";
}

function checkGroup({ num_rows: rows, columns }: RowGroup, leaves: readonly SchemaElement[], where: string): void {
  if (!isCount(rows)) damaged(`${where} has no valid num_rows`);
  // Where there are no rows, nothing else is read.
  if (rows === 0n) return;
  if (columns.length !== leaves.length) damaged(`${where} has ${columns.length} columns, not ${leaves.length}`);
  for (const [index, { meta_data: chunk, file_path: path }] of columns.entries()) {
    // What is encrypted or in another file is told to those who read the column.
    if (chunk === undefined || path !== undefined) continue;
    const element = leaves[index] as SchemaElement;
    const field = badFieldOf(chunk, element);
    if (field !== undefined) damaged(`${where}, column ${JSON.stringify(element.name)} has no valid ${field}`);
  }
}

function badFieldOf(chunk: ColumnMetaData, { type }: SchemaElement): string | undefined {
  if (chunk.type !== type) return "type";
  const counts = ["num_values", "total_uncompressed_size", "total_compressed_size", "data_page_offset"] as const;
  const bad = counts.find((field) => !isCount(chunk[field]));
  if (bad !== undefined) return bad;
  const { dictionary_page_offset: dictionary } = chunk;
  return dictionary === undefined || isCount(dictionary) ? undefined : "dictionary_page_offset";
}

function isCount(value: unknown): boolean {
  return typeof value === "bigint" && isSize(Number(value));
}

/** Whether a number counts something: damage makes it negative, or a value of another type. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(what: string): never {
  throw new SyntaxError(`its metadata is damaged: ${what}`);
}
