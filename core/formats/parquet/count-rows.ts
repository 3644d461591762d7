/** What the coordinator has to know of files of Parquet: how many rows they have, and where row groups end. */

import { UsageError } from "../../errors.ts";
import { columnName, columnNames } from "../column-names.ts";
import type { UnitCount, UnitSource, UnitTools } from "../format.ts";
import { type FileMetaData, readMetadata } from "./metadata.ts";

/** @throws {UsageError} for what is not a whole Parquet file, or has no such columns */
export function countRows(sources: readonly UnitSource[], { read, options }: UnitTools): UnitCount {
  const firsts: number[] = [];
  const borders: number[] = [];
  let total = 0;
  for (const source of sources) {
    firsts.push(total);
    for (const rows of groupsOf(source, read, options?.columns)) {
      total += rows;
      if (rows > 0) borders.push(total);
    }
  }
  return { total, firsts, borders, remark: remarkOn(total, borders.length) };
}

function groupsOf(source: UnitSource, read: UnitTools["read"], columns: readonly string[] | undefined): number[] {
  try {
    const metadata = readMetadata({ size: source.end, file: { read: readerOf(source, read) } });
    checkColumns(metadata, columns ?? []);
    return metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`Cannot read "${source.name}": ${error.message}`, { about: "input" });
  }
}

function readerOf(source: UnitSource, read: UnitTools["read"]) {
  return (target: Uint8Array, at: number, length: number, position: number): number => {
    const bytes = read(source, position, position + length);
    target.set(bytes, at);
    return bytes.length;
  };
}

function checkColumns({ schema }: FileMetaData, columns: readonly string[]): void {
  const names = topNames(schema);
  const absent = columns.find((column) => !names.includes(column));
  if (absent !== undefined) throw new SyntaxError(`it has no column ${columnName(absent)}, but ${columnNames(names)}`);
}

/** The elements of a schema stand in the order of a walk through its tree. */
function topNames(schema: FileMetaData["schema"]): string[] {
  const names: string[] = [];
  for (let at = 1; at < schema.length; at = behind(schema, at)) names.push(schema[at]?.name ?? "");
  return names;
}

function behind(schema: FileMetaData["schema"], at: number): number {
  let next = at + 1;
  for (let left = schema[at]?.num_children ?? 0; left > 0 && next < schema.length; left--) next = behind(schema, next);
  return next;
}

function remarkOn(rows: number, groups: number): string {
  const many = (count: number, what: string) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const how = groups === 1 ? "workers that share it each pass over its pages" : "a worker decodes one at a time";
  return `${many(rows, "row")} in ${many(groups, "row group")}${groups === 0 ? "" : `, ${how}`}`;
}
