/** What a Parquet file says of itself, at its end: its columns, and where the pages of its row groups are. */
import type { FileMetaData } from "hyparquet";
import { markGeoColumns } from "hyparquet/src/geoparquet.js";
import { parquetMetadata } from "hyparquet/src/metadata.js";
import type { InputFile } from "../../platform/runtime.ts";
import { checkMetadata } from "./check-metadata.ts";

export type { FileMetaData };

/** A file as it is read here: the system's refusals are the caller's business. */
export interface ParquetBytes {
  readonly file: Pick<InputFile, "read">;
  /** Its length. */
  readonly size: number;
}

/** The first four bytes of a file, and the last. */
export const MAGIC = "PAR1";
const ENCRYPTED_MAGIC = "PARE";
const MAGIC_BYTES = 4;
/** The length of the metadata, and the magic bytes. */
const TAIL_BYTES = 8;
/** Most metadata is shorter: one read then has all of it. */
const FIRST_READ_BYTES = 64 * 1024;

/** @throws {SyntaxError} for what is not a whole Parquet file; its message goes on after "it" */
export function readMetadata(from: ParquetBytes): FileMetaData {
  const { size } = from;
  if (size === 0) throw new SyntaxError("it is empty");
  if (size < MAGIC_BYTES + TAIL_BYTES) throw new SyntaxError("it is too short to be Parquet");
  const head = readBytes(from, 0, MAGIC_BYTES);
  let tail = readBytes(from, Math.max(0, size - FIRST_READ_BYTES), size);
  const [first, last] = [latin1(head), latin1(tail.subarray(-MAGIC_BYTES))];
  if (first === ENCRYPTED_MAGIC || last === ENCRYPTED_MAGIC) throw new SyntaxError("it is encrypted");
  if (first !== MAGIC) throw new SyntaxError(`it is not Parquet: it does not begin with ${MAGIC}`);
  if (last !== MAGIC) throw new SyntaxError(`it is cut off: it does not end with ${MAGIC}`);
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - TAIL_BYTES).getUint32(0, true);
  const start = size - TAIL_BYTES - length;
  if (start < MAGIC_BYTES) throw new SyntaxError(`it is damaged: ${length} bytes of metadata are more than it has`);
  if (length + TAIL_BYTES > tail.length) tail = readBytes(from, start, size);
  const metadata = checked(() => parquetMetadata(tail, { geoparquet: false }), "its metadata");
  checkMetadata(metadata);
  markGeometries(metadata);
  return metadata;
}

/** The schema has to be checked before: in one that is damaged the search for columns may not end. */
function markGeometries({ schema, key_value_metadata: pairs }: FileMetaData): void {
  try {
    markGeoColumns(schema, pairs);
  } catch {
    throw new SyntaxError('its metadata is damaged: "geo" is not what GeoParquet defines');
  }
}

/**
 * The bytes [start, end), which are new ones each time.
 * @throws {SyntaxError} where the file ends before
 */
export function readBytes({ file, size }: ParquetBytes, start: number, end: number): Uint8Array {
  if (!(start >= 0 && end >= start && end <= size))
    throw new SyntaxError(`it is damaged: it has no bytes ${start} to ${end}`);
  const bytes = new Uint8Array(end - start);
  for (let done = 0; done < bytes.length; ) {
    const count = file.read(bytes, done, bytes.length - done, start + done);
    if (count === 0) throw new SyntaxError("it has become shorter since the job started");
    done += count;
  }
  return bytes;
}

/** What hyparquet throws at bytes that are not what they should be: of any class, with its own name in front. */
export function checked<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    const { name, message } = error as Error;
    // Of other classes is what comes of reading beyond the end, or of what is not there.
    const isSaid = name === "Error" || name === "SyntaxError";
    throw new SyntaxError(`${what} cannot be read: ${isSaid ? message.replace(/^parquet /, "") : "it is damaged"}`);
  }
}

export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
