/**
 * What becomes of each type of Parquet: always a value that JSON can carry, and nothing of it is lost.
 *
 * hyparquet's own choices lose: integers of 64 bits are BigInts that JSON cannot print, decimals are doubles, bytes are taken for
 * text, timestamps are cut to milliseconds. So it is told that these columns are something else, and gets our conversion for
 * that: it is called once for each value of a dictionary, and not for each row.
 */
import type { ParquetParsers, SchemaElement } from "hyparquet";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import type { TextCodec } from "../../platform/text-codec.ts";
import { dateText, intervalText, timestampText, timeText } from "./time-text.ts";

export interface ValueTools {
  readonly text: Pick<TextCodec, "decode">;
  readonly encodeBase64: (bytes: Uint8Array) => string;
}

/** How hyparquet is to see a column, and what it then calls. */
export interface Conversion {
  readonly element: SchemaElement;
  readonly parsers: ParquetParsers;
  /** The same of an integer of 64 bits, which need not be made a BigInt where a double holds it. */
  readonly ofInteger?: (raw: number | bigint) => unknown;
}

/** What a raw value is: a number (INT32), a bigint (INT64, INT96) or bytes. */
type Convert = (raw: never) => unknown;

const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;
/** Integers with this number of digits are doubles that print as they were. */
const MOST_DIGITS_OF_NUMBER = 15;
const INTERVAL_BYTES = 12;

export function conversionOf(element: SchemaElement, tools: ValueTools): Conversion {
  const decode = stringDecoder(tools.text);
  const parsers = { ...DEFAULT_PARSERS, stringFromBytes: decode };
  const convert = converterOf(element, decode, tools);
  if (convert === undefined) return { element, parsers: { ...parsers, ...geometryParsers(tools) } };
  const parse = convert as never;
  return {
    element: {
      ...bare(element),
      logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MILLIS" },
    },
    // Integers of 96 bits are timestamps in nanoseconds, whatever is said of them.
    parsers: { ...parsers, timestampFromMilliseconds: parse, timestampFromNanoseconds: parse },
    ofInteger: parse,
  };
}

function bare({ converted_type, logical_type, ...element }: SchemaElement): SchemaElement {
  return element;
}

/** Undefined where hyparquet's own value is right. */
function converterOf(
  element: SchemaElement,
  decode: (bytes: Uint8Array) => string,
  { encodeBase64 }: ValueTools,
): Convert | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  const is = (name: string) => logical?.type === name || converted === name;
  if (logical?.type === "DECIMAL" || converted === "DECIMAL") return decimalOf(element);
  if (is("DATE")) return dateText;
  if (logical?.type === "TIME") return timeOf(DIGITS[logical.unit]);
  if (converted === "TIME_MILLIS") return timeOf(DIGITS.MILLIS);
  if (converted === "TIME_MICROS") return timeOf(DIGITS.MICROS);
  if (logical?.type === "TIMESTAMP") return timestampOf(DIGITS[logical.unit], logical.isAdjustedToUTC);
  // Older files say nothing of a zone: these types were defined as UTC.
  if (converted === "TIMESTAMP_MILLIS") return timestampOf(DIGITS.MILLIS, true);
  if (converted === "TIMESTAMP_MICROS") return timestampOf(DIGITS.MICROS, true);
  if (type === "INT96") return timestampOf(DIGITS.NANOS, false);
  if (type === "INT64") {
    const unsigned = converted === "UINT_64" || (logical?.type === "INTEGER" && !logical.isSigned);
    return unsigned ? unsignedOf : safe;
  }
  if (is("INTERVAL") && element.type_length === INTERVAL_BYTES) return intervalText;
  if (is("UTF8") || is("STRING") || is("ENUM") || is("JSON")) return decode;
  if (is("UUID") || is("FLOAT16") || is("GEOMETRY") || is("GEOGRAPHY")) return undefined;
  return type === "BYTE_ARRAY" || type === "FIXED_LEN_BYTE_ARRAY" ? encodeBase64 : undefined;
}

const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** A number where it holds all digits, else the digits. */
export function safe(raw: number | bigint): number | string {
  if (typeof raw === "number") return raw;
  return raw <= MOST_SAFE && raw >= -MOST_SAFE ? Number(raw) : String(raw);
}

function unsignedOf(raw: number | bigint): number | string {
  return raw < 0 ? safe(BigInt.asUintN(64, BigInt(raw))) : safe(raw);
}

function timeOf(digits: number): Convert {
  return (raw: number | bigint) => timeText(Number(raw), digits);
}

function timestampOf(digits: number, isUtc: boolean): Convert {
  const zone = isUtc ? "Z" : "";
  return (raw: number | bigint) => timestampText(raw, digits) + zone;
}

/** By column, so that all of its values have one type. */
function decimalOf({ precision, scale, logical_type: logical }: SchemaElement): Convert {
  const said = logical?.type === "DECIMAL" ? logical : { precision, scale };
  const places = said.scale ?? 0;
  const isNumber = (said.precision ?? Number.POSITIVE_INFINITY) <= MOST_DIGITS_OF_NUMBER;
  return (raw: number | bigint | Uint8Array) => {
    const unscaled = raw instanceof Uint8Array ? signedOf(raw) : raw;
    return isNumber ? Number(unscaled) / 10 ** places : decimalText(BigInt(unscaled), places);
  };
}

function decimalText(unscaled: bigint, places: number): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(places + 1, "0");
  if (places === 0) return sign + digits;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Two's complement, the highest byte first. */
function signedOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** Values are parts of one page: the codec is given the whole page each time, of which it keeps a view. */
function stringDecoder(text: ValueTools["text"]): (bytes: Uint8Array) => string {
  let page = new Uint8Array(0);
  return (bytes) => {
    if (bytes.buffer !== page.buffer) page = new Uint8Array(bytes.buffer as ArrayBuffer);
    return text.decode(page, bytes.byteOffset, bytes.byteOffset + bytes.length);
  };
}

/** Bytes that are no geometry stay bytes. */
function geometryParsers({ encodeBase64 }: ValueTools): Partial<ParquetParsers> {
  const parse = (bytes: Uint8Array) => {
    try {
      return DEFAULT_PARSERS.geometryFromBytes(bytes);
    } catch {
      return encodeBase64(bytes);
    }
  };
  return { geometryFromBytes: parse, geographyFromBytes: parse } as Partial<ParquetParsers>;
}
