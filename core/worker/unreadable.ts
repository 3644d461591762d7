/** Records that cannot even be made text: too long, or not UTF-8. */
import type { Cursor } from "../formats/cursor.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import { RAW_BYTES_OF_LONG_RECORD, type RecordFailure } from "../protocol/record-failure.ts";

export type Unreadable = Pick<RecordFailure, "kind" | "message" | "offset" | "raw" | "base64" | "cut" | "dialect"> & {
  /** Lines that it takes; one where it is not said. */
  readonly lines?: number;
  /** How many of them are before its first byte. */
  readonly linesAhead?: number;
};

/** What a chunk is made of: mostly one cursor. */
export type Part = { readonly cursor: Cursor } | { readonly unreadable: Unreadable };

/** Takes a part; false when no more of them are wanted. */
export type TakePart = (part: Part) => boolean;

export type UnreadablePlace = Pick<Unreadable, "offset" | "lines" | "linesAhead" | "dialect">;

/** Of a longer record that is not UTF-8 only the beginning is kept. */
const MAX_BYTES_OF_BASE64 = 4 * 1024 * 1024;

export interface UnreadableTools {
  readonly text: TextCodec;
  readonly encodeBase64: (bytes: Uint8Array) => string;
}

/**
 * @param begin its first bytes, of `length` in all
 * @param reason behind "Cannot read the record:"
 */
export function tooLong(
  begin: Uint8Array,
  length: number,
  place: UnreadablePlace,
  reason: string,
  { text }: UnreadableTools,
): Part {
  const { offset } = place;
  const skip = offset === 0 && startsWithMark(begin) ? 3 : 0;
  const raw = text.decode(begin, skip, Math.min(begin.length, RAW_BYTES_OF_LONG_RECORD));
  const cut = length > RAW_BYTES_OF_LONG_RECORD ? true : undefined;
  const message = `Cannot read the record: ${reason}`;
  return { unreadable: { ...place, kind: "too-long", message, offset: offset + skip, raw, cut } };
}

export function notUtf8(bytes: Uint8Array, place: UnreadablePlace, { encodeBase64 }: UnreadableTools): Part {
  const cut = bytes.length > MAX_BYTES_OF_BASE64 ? true : undefined;
  const raw = encodeBase64(cut === true ? bytes.subarray(0, RAW_BYTES_OF_LONG_RECORD) : bytes);
  const message = "Cannot parse the record: it is not UTF-8";
  return { unreadable: { ...place, kind: "parse", message, raw, base64: true, cut } };
}

/** A UTF-8 byte order mark. */
export function startsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
