/**
 * Reading a chunk: from a byte range of a file, or a block of a stream, to cursors over its records.
 *
 * A record belongs to the chunk in which its first byte lies. So a reader looks one byte back for the separator that
 * starts its first record, and reads on beyond its range until its last record is complete. The input need not be
 * scanned to plan the chunks, and a chunk can be read again anywhere, at any time.
 */

import { JobError } from "../errors.ts";
import type { CodecTools, LineCodec, ParseLines } from "../formats/codec.ts";
import type { Cursor } from "../formats/cursor.ts";
import { ParsedCursor } from "../formats/parsed-cursor.ts";
import { TextCursor } from "../formats/text-cursor.ts";
import type { InputFile } from "../platform/runtime.ts";
import type { RecordFailure } from "../protocol/record-failure.ts";

/** A source as the reader sees it. `begin` is where its first record starts, `end` where its last byte was when planned. */
export interface FileRange {
  readonly file: InputFile;
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

export type Unreadable = Pick<RecordFailure, "kind" | "message" | "offset" | "raw" | "base64" | "cut" | "dialect"> & {
  /** Lines that it takes; one where it is not said. */
  readonly lines?: number;
};

/** What a chunk is made of: mostly one cursor. */
export type Part = { readonly cursor: Cursor } | { readonly unreadable: Unreadable };

/** Takes a part; false when no more of them are wanted. */
export type TakePart = (part: Part) => boolean;

export interface ReaderOptions {
  readonly codec: LineCodec;
  readonly tools: CodecTools;
  readonly maxRecordBytes: number;
  readonly encodeBase64: (bytes: Uint8Array) => string;
}

/** Bytes read at once, and beyond a chunk's end in the hope that its last record ends there. */
const WINDOW_BYTES = 256 * 1024;
const LOOKAHEAD_BYTES = 4 * 1024;
/** Text is decoded in windows: a whole chunk as one string falls out of the cache and the young generation. */
const TEXT_WINDOW_BYTES = 32 * 1024;
/** Where a window is parsed as a whole, all of its records are in memory at once. */
const PARSED_WINDOW_BYTES = 16 * 1024;
/** A longer window is one long record, which is looked at with more care. */
const MOST_BYTES_AT_ONCE = 1024 * 1024;
const RAW_BYTES_OF_LONG_RECORD = 1024;
/** Of a longer record that is not UTF-8 only the beginning is kept. */
const MAX_BYTES_OF_BASE64 = 4 * 1024 * 1024;
/** V8 has no longer strings than 2^29 - 24 characters, other engines up to 2^32; one may also run out of memory before. */
const MIN_BYTES_OF_TOO_LONG_STRING = 2 ** 28;

export class ChunkReader {
  readonly #options: ReaderOptions;
  /** Where the format has a parser for many lines at once. */
  readonly #parseLines: ParseLines | undefined;
  readonly #open: (text: string, base: number) => Cursor;
  /** The bytes of the last read: `#bytes[0]` stands at `#base` of `#file`. */
  #buffer = new Uint8Array(0);
  #bytes = new Uint8Array(0);
  #base = 0;
  #file: InputFile | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    const { codec, tools } = options;
    this.#parseLines = codec.createParseLines?.(tools);
    const openText = (text: string, base: number) => new TextCursor(text, base, codec, tools.text);
    this.#open = codec.createOpen?.(codec, tools) ?? openText;
  }

  get #text(): CodecTools["text"] {
    return this.#options.tools.text;
  }

  /** The records that start in [start, end) of a file. `batchEnd` says how far it is worth reading ahead. */
  readRange(range: FileRange, start: number, end: number, batchEnd: number, take: TakePart): void {
    const { maxRecordBytes, codec } = this.#options;
    const { separator } = codec;
    const text = this.#text;
    let first = start;
    if (start > range.begin) {
      this.#load(range, start - 1, end, batchEnd);
      // Not beyond: where a record is much longer than a chunk, every chunk would look through what is left of it.
      const found = text.indexOf(this.#bytes.subarray(0, end - 1 - this.#base), separator, start - 1 - this.#base);
      if (found === -1) return;
      first = this.#base + found + 1;
    }
    let known = end;
    for (;;) {
      this.#load(range, first, known, batchEnd);
      const loadedEnd = this.#base + this.#bytes.length;
      const found = text.indexOf(this.#bytes, separator, Math.max(end - 1, first) - this.#base);
      if (found !== -1 || loadedEnd >= range.end) {
        const last = found === -1 ? this.#bytes.length : found + 1;
        this.#parts(this.#bytes.subarray(first - this.#base, last), first, range.begin, take);
        return;
      }
      const lastStart = this.#lastRecordStart(first, end);
      if (loadedEnd - lastStart > maxRecordBytes) {
        this.#parts(this.#bytes.subarray(first - this.#base, lastStart - this.#base), first, range.begin, take);
        take(this.#tooLong(this.#bytes.subarray(lastStart - this.#base), lastStart));
        return;
      }
      known = Math.min(range.end, loadedEnd + Math.max(WINDOW_BYTES, loadedEnd - first));
    }
  }

  /** The records that start in [start, end) of a block of whole records. `base` is its byte offset in the stream. */
  readBlock(bytes: Uint8Array, base: number, start: number, end: number, take: TakePart): void {
    const { separator } = this.#options.codec;
    const text = this.#text;
    const first = start <= base ? 0 : text.indexOf(bytes, separator, start - 1 - base) + 1;
    if ((first === 0 && start > base) || base + first >= end) return;
    const found = text.indexOf(bytes, separator, end - 1 - base);
    this.#parts(bytes.subarray(first, found === -1 ? bytes.length : found + 1), base + first, 0, take);
  }

  /** Makes sure that [from, to) is in `#bytes`, as far as the file has it. */
  #load(range: FileRange, from: number, to: number, batchEnd: number): void {
    const wanted = Math.min(to, range.end);
    const has = this.#file === range.file && from >= this.#base && wanted <= this.#base + this.#bytes.length;
    if (has) return;
    const ahead = Math.min(from + WINDOW_BYTES, batchEnd + LOOKAHEAD_BYTES);
    const length = Math.min(Math.max(wanted + LOOKAHEAD_BYTES, ahead), range.end) - from;
    if (this.#buffer.length < length)
      this.#buffer = new Uint8Array(Math.max(length, WINDOW_BYTES + 2 * LOOKAHEAD_BYTES));
    let filled = 0;
    while (filled < length) {
      const count = range.file.read(this.#buffer, filled, length - filled, from + filled);
      if (count === 0) throw shrunk(range.name, from + filled, range.end);
      filled += count;
    }
    this.#file = range.file;
    this.#base = from;
    this.#bytes = this.#buffer.subarray(0, filled);
  }

  #lastRecordStart(first: number, end: number): number {
    for (let at = end - 2; at >= first; at--) {
      if (this.#bytes[at - this.#base] === this.#options.codec.separator) return at + 1;
    }
    return first;
  }

  #parts(bytes: Uint8Array, base: number, begin: number, take: TakePart): void {
    let skip = 0;
    if (base === 0 && begin === 0 && startsWithMark(bytes)) skip = 3;
    const start = base + skip;
    const rest = skip === 0 ? bytes : bytes.subarray(skip);
    if (rest.length === 0) return;
    const { codec, maxRecordBytes } = this.#options;
    if (codec.openChunk !== undefined) take({ cursor: codec.openChunk(rest, start) });
    else if (rest.length > maxRecordBytes) this.#linesOf(rest, start, take);
    else this.#windowsOf(rest, start, take);
  }

  #windowsOf(bytes: Uint8Array, base: number, take: TakePart): void {
    const { separator } = this.#options.codec;
    const windowBytes = this.#parseLines === undefined ? TEXT_WINDOW_BYTES : PARSED_WINDOW_BYTES;
    let at = 0;
    while (at < bytes.length) {
      let end = bytes.length;
      if (end - at > windowBytes) {
        const found = this.#text.indexOf(bytes, separator, at + windowBytes);
        if (found !== -1) end = found + 1;
      }
      if (!this.#textOf(bytes.subarray(at, end), base + at, take)) return;
      at = end;
    }
  }

  #textOf(bytes: Uint8Array, base: number, take: TakePart): boolean {
    const text = this.#text;
    const values = bytes.length > MOST_BYTES_AT_ONCE ? undefined : this.#parseLines?.(bytes);
    if (values !== undefined) return take({ cursor: new ParsedCursor(values, bytes, base, text) });
    const decoded = this.#decode(bytes);
    if (decoded === undefined) return this.#linesOf(bytes, base, take);
    // U+FFFD is where invalid bytes show; looking for it in the text is far cheaper than validating the bytes.
    const doubtful = decoded.includes("\ufffd") && !text.isUtf8(bytes, 0, bytes.length);
    if (doubtful) return this.#linesOf(bytes, base, take);
    return take({ cursor: this.#open(decoded, base) });
  }

  /** Line by line, where the chunk as a whole can't be trusted: a line in it is too long, or is not UTF-8. */
  #linesOf(bytes: Uint8Array, base: number, take: TakePart): boolean {
    const { separator } = this.#options.codec;
    let at = 0;
    while (at < bytes.length) {
      const found = this.#text.indexOf(bytes, separator, at);
      const end = found === -1 ? bytes.length : found;
      if (!take(this.#line(bytes.subarray(at, end), bytes.subarray(at, end + 1), base + at))) return false;
      at = end + 1;
    }
    return true;
  }

  #line(line: Uint8Array, withEnd: Uint8Array, offset: number): Part {
    const { codec, maxRecordBytes } = this.#options;
    if (line.length > maxRecordBytes) return this.#tooLong(line, offset);
    const decoded = this.#decode(withEnd);
    if (decoded === undefined) return this.#noString(line, offset);
    if (codec.needsUtf8 && !this.#text.isUtf8(line, 0, line.length)) return this.#notUtf8(line, offset);
    return { cursor: this.#open(decoded, offset) };
  }

  /** Undefined when the runtime has no strings that long. */
  #decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#text.decode(bytes, 0, bytes.length);
    } catch (error) {
      if (bytes.length < MIN_BYTES_OF_TOO_LONG_STRING) throw error;
      return undefined;
    }
  }

  #tooLong(bytes: Uint8Array, offset: number): Part {
    const { maxRecordBytes } = this.#options;
    const reason = `it is longer than ${maxRecordBytes} bytes\nRaise --max-record to read it`;
    return this.#unreadable(bytes, offset, reason);
  }

  #noString(bytes: Uint8Array, offset: number): Part {
    return this.#unreadable(bytes, offset, `its ${bytes.length} bytes are more than a string can hold`);
  }

  #unreadable(bytes: Uint8Array, offset: number, reason: string): Part {
    const message = `Cannot read the record: ${reason}`;
    const skip = offset === 0 && startsWithMark(bytes) ? 3 : 0;
    const raw = this.#text.decode(bytes, skip, Math.min(bytes.length, RAW_BYTES_OF_LONG_RECORD));
    const cut = bytes.length > RAW_BYTES_OF_LONG_RECORD ? true : undefined;
    return { unreadable: { kind: "too-long", message, offset: offset + skip, raw, cut } };
  }

  #notUtf8(bytes: Uint8Array, offset: number): Part {
    const cut = bytes.length > MAX_BYTES_OF_BASE64 ? true : undefined;
    const raw = this.#options.encodeBase64(cut === true ? bytes.subarray(0, RAW_BYTES_OF_LONG_RECORD) : bytes);
    const message = "Cannot parse the record: it is not UTF-8";
    return { unreadable: { kind: "parse", message, offset, raw, base64: true, cut } };
  }
}

/** A UTF-8 byte order mark. */
function startsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

export function shrunk(name: string, at: number, end: number): JobError {
  return new JobError(`Cannot read "${name}": it ends at byte ${at} now, but had ${end} bytes when the job started`);
}
