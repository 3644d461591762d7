/** The rows of a page of data. */
import type { CompressionCodec, Compressors, DecodedArray, PageHeader, ParquetType } from "hyparquet";
import { alpDecode } from "hyparquet/src/alp.js";
import { assembleLists } from "hyparquet/src/assemble.js";
import { convert } from "hyparquet/src/convert.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import type { Leaf } from "./columns.ts";
import { bitsFor, type Packed, readRuns } from "./runs.ts";

export interface PageOptions {
  readonly leaf: Leaf;
  readonly type: ParquetType;
  readonly codec: CompressionCodec;
  readonly compressors: Compressors;
}

/** What a page has, before anything is made of it. */
interface Stored {
  /** Values, also those that are null. */
  readonly count: number;
  readonly encoding: string;
  readonly repetition: Uint8Array | undefined;
  readonly definition: Uint8Array | undefined;
  /** The values that are not null. */
  readonly values: Uint8Array;
}

export function readDictionary(body: Uint8Array, header: PageHeader, options: PageOptions): DecodedArray {
  const bytes = decompress(body, header.uncompressed_page_size, options);
  const count = header.dictionary_page_header?.num_values ?? 0;
  return converted(readPlain(readerOf(bytes), options.type, count, options.leaf.element.type_length), options);
}

/**
 * @param begun rows that the page before has left off in: the page goes on with the last of them
 * @returns a row for each value; of a list, what `begun` has and the rows that follow
 */
export function readRows(
  body: Uint8Array,
  header: PageHeader,
  options: PageOptions,
  { dictionary, begun }: { readonly dictionary: DecodedArray | undefined; readonly begun: unknown[] },
): DecodedArray {
  const { leaf } = options;
  const stored =
    header.data_page_header_v2 === undefined ? storedFirst(body, header, options) : storedSecond(body, header, options);
  const { definition, repetition, count } = stored;
  const present = definition === undefined ? count : countOf(definition, leaf.definitionLevels);
  const values = valuesOf(stored, present, dictionary, options);
  if (values.length < present) throw new SyntaxError("it has fewer values than it says");
  if (repetition !== undefined || leaf.isNested)
    return assembleLists(begun, asList(definition), asList(repetition) ?? [], values, leaf.schemaPath);
  return present === count ? values : withNulls(values, definition as Uint8Array);
}

/** hyparquet only looks at the elements. */
function asList(levels: Uint8Array | undefined): number[] | undefined {
  return levels as unknown as number[] | undefined;
}

function withNulls(values: ArrayLike<unknown>, definition: Uint8Array): unknown[] {
  const rows: unknown[] = new Array(definition.length);
  let next = 0;
  for (let i = 0; i < rows.length; i++) rows[i] = definition[i] === 0 ? null : values[next++];
  return rows;
}

function countOf(levels: Uint8Array, level: number): number {
  let count = 0;
  for (const each of levels) if (each === level) count++;
  return count;
}

/** Of the first version: levels with their lengths in front, compressed together with the values. */
function storedFirst(body: Uint8Array, header: PageHeader, options: PageOptions): Stored {
  const said = header.data_page_header;
  if (said === undefined) throw new SyntaxError(`a page of ${header.type ?? "a type that is not known"}`);
  const bytes = decompress(body, header.uncompressed_page_size, options);
  const view = readerOf(bytes).view;
  let at = 0;
  const levels = (most: number) => {
    if (most === 0) return undefined;
    const length = view.getUint32(at, true);
    const packed = within({ bytes, at: at + 4, end: at + 4 + length });
    at = packed.end;
    return readRuns(packed, bitsFor(most), new Uint8Array(said.num_values));
  };
  const repetition = levels(options.leaf.repetitionLevels);
  const definition = levels(options.leaf.definitionLevels);
  return { count: said.num_values, encoding: said.encoding, repetition, definition, values: bytes.subarray(at) };
}

/** Of the second version: levels stand in front, and only the values are compressed. */
function storedSecond(body: Uint8Array, header: PageHeader, options: PageOptions): Stored {
  const said = header.data_page_header_v2 as NonNullable<PageHeader["data_page_header_v2"]>;
  let at = 0;
  const levels = (most: number, length: number) => {
    const packed = within({ bytes: body, at, end: at + length });
    at = packed.end;
    return most === 0 ? undefined : readRuns(packed, bitsFor(most), new Uint8Array(said.num_values));
  };
  const repetition = levels(options.leaf.repetitionLevels, said.repetition_levels_byte_length);
  const definition = levels(options.leaf.definitionLevels, said.definition_levels_byte_length);
  const length = header.uncompressed_page_size - at;
  const rest = body.subarray(at);
  const values = said.is_compressed === false ? rest : decompress(rest, length, options);
  return { count: said.num_values, encoding: said.encoding, repetition, definition, values };
}

function within(packed: Packed): Packed {
  if (!(packed.at <= packed.end && packed.end <= packed.bytes.length)) throw new SyntaxError("its levels are too long");
  return packed;
}

function valuesOf(
  { encoding, values: bytes }: Stored,
  count: number,
  dictionary: DecodedArray | undefined,
  options: PageOptions,
): DecodedArray {
  const { type, leaf } = options;
  if (count === 0) return [];
  if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") return lookedUp(bytes, count, dictionary);
  const reader = readerOf(bytes);
  const { type_length: length } = leaf.element;
  switch (encoding) {
    case "PLAIN":
      return converted(readPlain(reader, type, count, length), options);
    case "RLE":
      return booleansOf(bytes, count);
    case "BYTE_STREAM_SPLIT":
      return converted(byteStreamSplit(reader, count, type, length), options);
    case "ALP":
      return converted(alpDecode(reader, count, type), options);
    case "DELTA_BINARY_PACKED": {
      const integers = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(reader, count, integers);
      return converted(integers, options);
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const parts: Uint8Array[] = new Array(count);
      deltaLengthByteArray(reader, count, parts);
      return converted(parts, options);
    }
    case "DELTA_BYTE_ARRAY": {
      const parts: Uint8Array[] = new Array(count);
      deltaByteArray(reader, count, parts);
      return converted(parts, options);
    }
    default:
      throw new SyntaxError(`the encoding ${encoding ?? "is not known"}`);
  }
}

function lookedUp(bytes: Uint8Array, count: number, dictionary: DecodedArray | undefined): unknown[] {
  if (dictionary === undefined) throw new SyntaxError("its dictionary is missing");
  const [bits = 0] = bytes;
  const places = readRuns({ bytes, at: 1, end: bytes.length }, bits, new Int32Array(count));
  const values: unknown[] = new Array(count);
  const { length } = dictionary;
  for (let i = 0; i < count; i++) {
    const place = places[i] as number;
    if (place < 0 || place >= length) throw new SyntaxError(`entry ${place} of a dictionary of ${length}`);
    values[i] = dictionary[place];
  }
  return values;
}

/** The length that stands in front is that of the rest. */
function booleansOf(bytes: Uint8Array, count: number): boolean[] {
  const bits = readRuns({ bytes, at: 4, end: bytes.length }, 1, new Uint8Array(count));
  return Array.from(bits, (bit) => bit === 1);
}

function converted(raw: DecodedArray, { leaf, type, codec }: PageOptions): DecodedArray {
  const { path, element, parsers, ofInteger } = leaf;
  if (raw instanceof BigInt64Array && ofInteger !== undefined) return ofIntegers(raw, ofInteger);
  // Bytes are text only where the file says so. What stands around the leaf has been looked at already.
  return convert(raw, { pathInSchema: [...path], element, schemaPath: [], parsers, type, codec, utf8: false });
}

/** A double holds integers whose upper half is between these. */
const MOST_HIGH = 2 ** 21;

function ofIntegers(raw: BigInt64Array, convertOne: NonNullable<Leaf["ofInteger"]>): unknown[] {
  const halves = new Int32Array(raw.buffer, raw.byteOffset, raw.length * 2);
  const values: unknown[] = new Array(raw.length);
  for (let i = 0; i < values.length; i++) {
    const high = halves[2 * i + 1] as number;
    const isShort = high > -MOST_HIGH && high < MOST_HIGH;
    values[i] = convertOne(isShort ? high * 2 ** 32 + ((halves[2 * i] as number) >>> 0) : (raw[i] as bigint));
  }
  return values;
}

function decompress(bytes: Uint8Array, length: number, { codec, compressors }: PageOptions): Uint8Array {
  // Writers may leave what is empty without bytes, or with some that are no stream of the codec.
  if (length === 0) return new Uint8Array(0);
  if (codec === undefined) throw new SyntaxError("a codec that is not known");
  return decompressPage(bytes, length, codec, compressors);
}

function readerOf(bytes: Uint8Array): { view: DataView<ArrayBuffer>; offset: number } {
  return { view: new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length), offset: 0 };
}
