/** What the end of a file has to say of a row group, as text: it waits with the coordinator until all groups are written. */
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js";
import { parseJson, printJson } from "../../json.ts";
import type { RowGroup, SchemaElement } from "./schema-elements.ts";

type ColumnChunk = RowGroup["columns"][number];

/** @param start where its bytes begin, of those that its places are counted in */
export function writeNote(group: RowGroup, elements: readonly SchemaElement[], start: number): string {
  const columns = group.columns.map((chunk, i) => withShortBounds(moved(chunk, -start), elements[i] as SchemaElement));
  return printJson({ ...group, columns }, asText);
}

/** The row group, with its bytes at this place of the file. */
export function readNote(note: string, at: number): RowGroup {
  const group = parseJson(note, asValue) as RowGroup;
  return { ...group, columns: group.columns.map((chunk) => moved(chunk, at)) };
}

function moved(chunk: ColumnChunk, by: number): ColumnChunk {
  const { meta_data } = chunk;
  if (meta_data === undefined) return chunk;
  const { data_page_offset, dictionary_page_offset } = meta_data;
  const offset = BigInt(by);
  return {
    ...chunk,
    file_offset: chunk.file_offset + offset,
    meta_data: {
      ...meta_data,
      data_page_offset: data_page_offset + offset,
      ...(dictionary_page_offset === undefined ? {} : { dictionary_page_offset: dictionary_page_offset + offset }),
    },
  };
}

/** Long texts are cut as they will be in the file. */
function withShortBounds(chunk: ColumnChunk, element: SchemaElement): ColumnChunk {
  const { meta_data } = chunk;
  const { statistics } = meta_data ?? {};
  const { min_value, max_value } = statistics ?? {};
  if (meta_data === undefined || !isText(min_value) || !isText(max_value)) return chunk;
  const short = {
    ...statistics,
    min_value: unconvertMinMax(min_value, element, false),
    max_value: unconvertMinMax(max_value, element, true),
    is_min_value_exact: isWhole(min_value),
    is_max_value_exact: isWhole(max_value),
  };
  return { ...chunk, meta_data: { ...meta_data, statistics: short as NonNullable<typeof statistics> } };
}

/** As hyparquet-writer cuts them. */
const BOUND_BYTES = 16;

type Text = string | Uint8Array;

function isText(bound: unknown): bound is Text {
  return typeof bound === "string" || bound instanceof Uint8Array;
}

function isWhole(text: Text): boolean {
  if (typeof text !== "string" || text.length > BOUND_BYTES) return text.length <= BOUND_BYTES;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes <= BOUND_BYTES;
}

function asText(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return { bigint: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { number: Object.is(value, -0) ? "-0" : String(value) };
  return value instanceof Uint8Array ? { bytes: [...value] } : value;
}

function asValue(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("bigint" in value) return BigInt(value.bigint as string);
  if ("number" in value) return Number(value.number);
  return "bytes" in value ? Uint8Array.from(value.bytes as number[]) : value;
}
