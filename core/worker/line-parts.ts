/**
 * From bytes of whole lines to cursors over their records: many at once where that can be done, line by line where one of them is
 * too long or is not UTF-8.
 */
import type { CodecTools, LineCodec, ParseLines } from "../formats/codec.ts";
import type { Cursor } from "../formats/cursor.ts";
import { ParsedCursor } from "../formats/parsed-cursor.ts";
import { TextCursor } from "../formats/text-cursor.ts";
import { notUtf8, type Part, startsWithMark, type TakePart, tooLong } from "./unreadable.ts";

export interface ReaderOptions {
  readonly codec: LineCodec;
  readonly tools: CodecTools;
  readonly maxRecordBytes: number;
}

const CARRIAGE_RETURN = 13;
/** Text is decoded in windows: a whole chunk as one string falls out of the cache and the young generation. */
const TEXT_WINDOW_BYTES = 32 * 1024;
/** Where a window is parsed as a whole, all of its records are in memory at once. */
const PARSED_WINDOW_BYTES = 16 * 1024;
/** A longer window is one long record, which is looked at with more care. */
const MOST_BYTES_AT_ONCE = 1024 * 1024;
/** V8 has no longer strings than 2^29 - 24 characters, other engines up to 2^32; one may also run out of memory before. */
const MIN_BYTES_OF_TOO_LONG_STRING = 2 ** 28;

export class LineParts {
  readonly #options: ReaderOptions;
  /** Where the format has a parser for many lines at once. */
  readonly #parseLines: ParseLines | undefined;
  readonly #open: (text: string, base: number) => Cursor;

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

  /**
   * @param base offset of the first byte in the source
   * @param begin where the source's first record begins: a byte order mark may stand there
   */
  of(bytes: Uint8Array, base: number, begin: number, take: TakePart): void {
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

  #line(bytes: Uint8Array, withEnd: Uint8Array, offset: number): Part {
    const { codec, maxRecordBytes } = this.#options;
    const trims = codec.trimsReturn && bytes[bytes.length - 1] === CARRIAGE_RETURN;
    const line = trims ? bytes.subarray(0, -1) : bytes;
    if (bytes.length > maxRecordBytes) return this.tooLong(line, offset);
    const decoded = this.#decode(withEnd);
    if (decoded === undefined) return this.#noString(line, offset);
    if (codec.needsUtf8 && !this.#text.isUtf8(line, 0, line.length))
      return notUtf8(line, { offset }, this.#options.tools);
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

  tooLong(bytes: Uint8Array, offset: number): Part {
    const { maxRecordBytes } = this.#options;
    const reason = `it is longer than ${maxRecordBytes} bytes\nRaise --max-record to read it`;
    return tooLong(bytes, bytes.length, { offset }, reason, this.#options.tools);
  }

  #noString(bytes: Uint8Array, offset: number): Part {
    const reason = `its ${bytes.length} bytes are more than a string can hold`;
    return tooLong(bytes, bytes.length, { offset }, reason, this.#options.tools);
  }
}
