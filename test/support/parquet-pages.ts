/** Files of Parquet that are put together page by page: what no library writes in one call. */
import type { CompressionCodec, PageHeader, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { bitsFor } from "../../core/formats/parquet/runs.ts";

/** A page of INT32, not compressed. */
export interface TestPage {
  readonly repetition?: readonly number[];
  readonly definition?: readonly number[];
  readonly values: readonly number[];
}

/** The largest levels of the column. */
export interface Levels {
  readonly repetition: number;
  readonly definition: number;
}

/** A column that is stored. */
export interface TestChunk {
  readonly pages: readonly Uint8Array[];
  /** Values, also those that are null. */
  readonly values: number;
  readonly codec?: CompressionCodec;
  readonly hasDictionary?: boolean;
}

/** One row group. */
export interface TestFile {
  /** The schema without its root. */
  readonly elements: readonly SchemaElement[];
  /** How many of the elements are columns of the file: 1 unless said. */
  readonly width?: number;
  readonly rows: number;
  /** One for each leaf of the schema. */
  readonly chunks: readonly TestChunk[];
}

export function firstPage({ repetition = [], definition = [], values }: TestPage, most: Levels): Uint8Array {
  const body = new ByteWriter();
  for (const [levels, largest] of [
    [repetition, most.repetition],
    [definition, most.definition],
  ] as const) {
    if (largest === 0) continue;
    const packed = packedLevels(levels, largest);
    body.appendUint32(packed.length);
    body.appendBytes(packed);
  }
  body.appendBytes(plain(values));
  const encodings = { definition_level_encoding: "RLE", repetition_level_encoding: "RLE" } as const;
  const count = Math.max(definition.length, values.length);
  const header = { num_values: count, encoding: "PLAIN", ...encodings } as const;
  return pageOf({ type: "DATA_PAGE", data_page_header: header }, body.getBytes());
}

export function secondPage({ repetition = [], definition = [], values }: TestPage, most: Levels): Uint8Array {
  const levels = [packedLevels(repetition, most.repetition), packedLevels(definition, most.definition)] as const;
  const body = Buffer.concat([...levels, plain(values)]);
  const count = Math.max(definition.length, values.length);
  const header = {
    num_values: count,
    num_nulls: count - values.length,
    num_rows: most.repetition === 0 ? count : repetition.filter((level) => level === 0).length,
    encoding: "PLAIN",
    repetition_levels_byte_length: levels[0].length,
    definition_levels_byte_length: levels[1].length,
    is_compressed: values.length === 0,
  } as const;
  return pageOf({ type: "DATA_PAGE_V2", data_page_header_v2: header }, body, body.length);
}

/** A dictionary without entries, which some codecs have bytes for. */
export function emptyDictionary(body: Uint8Array): Uint8Array {
  return pageOf({ type: "DICTIONARY_PAGE", dictionary_page_header: { num_values: 0, encoding: "PLAIN" } }, body, 0);
}

export function fileOfPages({ elements, width = 1, rows, chunks }: TestFile): Uint8Array {
  const writer = new ByteWriter();
  writer.appendBytes(Buffer.from("PAR1"));
  const leaves = elements.filter(({ type }) => type !== undefined);
  const columns = chunks.map((chunk, i) => writtenChunk(writer, chunk, leaves[i] as SchemaElement));
  const schema = [{ name: "root", num_children: width }, ...elements];
  const group = { columns, total_byte_size: 0n, num_rows: BigInt(rows) };
  const metadata = { version: 2, schema, num_rows: BigInt(rows), row_groups: [group] };
  writeMetadata(writer, metadata as unknown as Parameters<typeof writeMetadata>[1]);
  writer.appendBytes(Buffer.from("PAR1"));
  return new Uint8Array(writer.getBytes());
}

function writtenChunk(writer: ByteWriter, chunk: TestChunk, { name, type }: SchemaElement): object {
  const { pages, values, codec = "UNCOMPRESSED", hasDictionary = false } = chunk;
  const start = writer.offset;
  const bytes = Buffer.concat(pages);
  writer.appendBytes(bytes);
  const meta_data = {
    type,
    encodings: ["PLAIN"],
    path_in_schema: [name],
    codec,
    num_values: BigInt(values),
    total_uncompressed_size: BigInt(bytes.length),
    total_compressed_size: BigInt(bytes.length),
    data_page_offset: BigInt(start + (hasDictionary ? (pages[0] as Uint8Array).length : 0)),
    dictionary_page_offset: hasDictionary ? BigInt(start) : undefined,
  };
  return { file_offset: 0n, meta_data };
}

function pageOf(header: Partial<PageHeader>, body: Uint8Array, length = body.length): Uint8Array {
  const writer = new ByteWriter();
  const sizes = { uncompressed_page_size: length, compressed_page_size: body.length };
  writePageHeader(writer, { ...header, ...sizes } as Parameters<typeof writePageHeader>[1]);
  writer.appendBytes(body);
  return new Uint8Array(writer.getBytes());
}

function packedLevels(levels: readonly number[], most: number): Uint8Array {
  const writer = new ByteWriter();
  if (most > 0) writeRleBitPackedHybrid(writer, [...levels], bitsFor(most));
  return new Uint8Array(writer.getBytes());
}

function plain(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}
