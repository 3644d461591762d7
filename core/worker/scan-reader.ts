/**
 * Reading what is scanned (CSV): from the first record of a range, which the coordinator has found, to cursors over text that
 * has whole records only. What ends a record depends on what stands before it, so records are found in one pass, as the
 * coordinator does it.
 */
import type { CodecTools, ScanBegin, ScanCodec } from "../formats/codec.ts";
import type { Dialect } from "../formats/format.ts";
import { mostWithoutEnd, RAW_BYTES_OF_LONG_RECORD } from "../protocol/record-failure.ts";
import { type FileRange, FileWindow } from "./file-window.ts";
import { notUtf8, type Part, type TakePart, tooLong, type UnreadablePlace } from "./unreadable.ts";

export interface ScanReaderOptions {
  readonly codec: ScanCodec;
  readonly tools: CodecTools;
  readonly maxRecordBytes: number;
}

const READ_BYTES = 256 * 1024;

export class ScanReader {
  readonly #options: ScanReaderOptions;
  readonly #open: ReturnType<ScanCodec["createOpen"]>;
  readonly #buffer = new FileWindow(0);

  constructor(options: ScanReaderOptions) {
    this.#options = options;
    this.#open = options.codec.createOpen(options.tools);
  }

  /**
   * The records that begin in [first, end) of a file.
   * @param first where a record begins, or the end of the file
   * @returns where the next record begins, at `end` or behind it
   */
  readRange(range: FileRange, dialect: Dialect, first: number, end: number, take: TakePart): number {
    const { maxRecordBytes, codec } = this.#options;
    const buffer = this.#buffer;
    let at = first;
    let before = at < range.end ? this.#byteBefore(range, at) : undefined;
    const scanner = this.#scanner({ dialect, before });
    while (at < Math.min(end, range.end)) {
      const least = Math.min(at + codec.windowBytes, end);
      let next = -1;
      // What is in the buffer is looked at where it lies: the scanner then looks for a quote once, and not for each window.
      for (let seen = at, to = least; next === -1; to = seen + Math.max(READ_BYTES, seen - at)) {
        buffer.load(range, at, to, at + READ_BYTES);
        const { bytes, base } = buffer;
        const found = scanner.next(bytes, seen - base, bytes.length, least - base);
        seen = buffer.end;
        if (found !== -1) next = base + found;
        else if (seen >= range.end) next = seen;
        else if (seen - least > maxRecordBytes) return this.#overlong(range, dialect, at, end, take);
      }
      const { bytes, base } = buffer;
      const begin = { dialect, before, made: scanner.takeMade?.() };
      if (!this.#window(bytes.subarray(at - base, next - base), at, begin, take)) return next;
      before = bytes[next - base - 1];
      at = next;
    }
    return at;
  }

  /** The same of a block of a stream, which ends with a record. `base` is the offset of its first byte. */
  readBlock(
    { bytes, base }: { readonly bytes: Uint8Array; readonly base: number },
    dialect: Dialect,
    first: number,
    end: number,
    take: TakePart,
  ): number {
    let at = first - base;
    while (at < Math.min(end - base, bytes.length)) {
      const begin = { dialect, before: bytes[at - 1] };
      const least = Math.min(end - base, at + this.#options.codec.windowBytes);
      const scanner = this.#scanner(begin);
      const found = scanner.next(bytes, at, bytes.length, least);
      const next = found === -1 ? bytes.length : found;
      const made = { ...begin, made: scanner.takeMade?.() };
      if (!this.#window(bytes.subarray(at, next), base + at, made, take)) return base + next;
      at = next;
    }
    return base + at;
  }

  /** A record before `end` is longer than allowed: up to it records are read one by one, and it is passed by. */
  #overlong(range: FileRange, dialect: Dialect, first: number, end: number, take: TakePart): number {
    const { maxRecordBytes } = this.#options;
    let at = first;
    while (at < Math.min(end, range.end)) {
      const recordBegin = { dialect, before: this.#byteBefore(range, at) };
      const scanner = this.#scanner(recordBegin);
      const lines = { count: 0 };
      let begin: Uint8Array | undefined;
      let next = -1;
      let from = at;
      while (next === -1 && from < range.end) {
        const loaded = this.#load(range, from, READ_BYTES).slice(0, READ_BYTES);
        begin ??= loaded.subarray(0, RAW_BYTES_OF_LONG_RECORD);
        const found = scanner.next(loaded, 0, loaded.length, 0);
        lines.count += lineEndsIn(loaded, found === -1 ? loaded.length : found, this.#options.codec.lineEnd(dialect));
        if (found !== -1) next = from + found;
        from += loaded.length;
      }
      if (next === -1) next = range.end;
      const length = next - at;
      const isOver =
        length > mostWithoutEnd(maxRecordBytes)
          ? !take(
              this.#tooLong(begin as Uint8Array, length, { offset: at, lines: lines.count, dialect: told(dialect) }),
            )
          : !this.#window(this.#load(range, at, length).slice(0, length), at, recordBegin, take);
      at = next;
      if (isOver) return at;
    }
    return at;
  }

  /** Whole records. False when no more of them are wanted. */
  #window(bytes: Uint8Array, base: number, begin: ScanBegin, take: TakePart): boolean {
    const cursor = bytes.length > this.#options.maxRecordBytes ? undefined : this.#open(bytes, base, begin);
    return cursor === undefined ? this.#oneByOne(bytes, base, begin, take) : take({ cursor });
  }

  #oneByOne(bytes: Uint8Array, base: number, { dialect, before }: ScanBegin, take: TakePart): boolean {
    for (let at = 0; at < bytes.length; ) {
      const begin = { dialect, before: at === 0 ? before : bytes[at - 1] };
      const found = this.#scanner(begin).next(bytes, at, bytes.length, 0);
      const next = found === -1 ? bytes.length : found;
      if (!take(this.#single(bytes.subarray(at, next), base + at, begin))) return false;
      at = next;
    }
    return true;
  }

  #single(bytes: Uint8Array, offset: number, begin: ScanBegin): Part {
    const { codec, tools, maxRecordBytes } = this.#options;
    const scanned = codec.isComment?.(bytes, begin.dialect) === true ? bytes.map(asAscii) : bytes;
    const { from, to } = codec.recordIn(scanned, begin);
    const record = scanned.subarray(from, to);
    const isTooLong = record.length > maxRecordBytes;
    const cursor = isTooLong ? undefined : this.#open(scanned, offset, begin);
    if (cursor !== undefined) return { cursor };
    const lineEnd = codec.lineEnd(begin.dialect);
    const lines = lineEndsIn(scanned, scanned.length, lineEnd);
    const place = { offset, lines, linesAhead: lineEndsIn(scanned, from, lineEnd), dialect: told(begin.dialect) };
    return isTooLong ? this.#tooLong(record, record.length, place) : notUtf8(record, place, tools);
  }

  #scanner(begin: ScanBegin): ReturnType<ScanCodec["createScanner"]> {
    return this.#options.codec.createScanner(begin, this.#options.tools.text);
  }

  #byteBefore(range: FileRange, at: number): number | undefined {
    return at > range.begin ? this.#load(range, at - 1, 1)[0] : undefined;
  }

  #tooLong(begin: Uint8Array, length: number, place: UnreadablePlace): Part {
    const { maxRecordBytes, codec } = this.#options;
    const reason = `it is longer than ${maxRecordBytes} bytes\nRaise --max-record to read it${codec.whenTooLong}`;
    return tooLong(begin, length, place, reason, this.#options.tools);
  }

  /** The bytes from a position on: at least `length` of them, as far as the file has them. */
  #load(range: FileRange, from: number, length: number): Uint8Array {
    const window = this.#buffer;
    window.load(range, from, from + length, from + READ_BYTES);
    return window.bytes.subarray(from - window.base);
  }
}

/** A question mark for what is none: its lines are counted, and it is not read. */
function asAscii(byte: number): number {
  return byte < 0x80 ? byte : 0x3f;
}

/** A source without columns has nothing to say of how it is written. */
function told(dialect: Dialect): Dialect | undefined {
  return dialect.columns.length === 0 ? undefined : dialect;
}

function lineEndsIn(bytes: Uint8Array, to: number, lineEnd: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1 && at < to; at = bytes.indexOf(lineEnd, at + 1)) lines++;
  return lines;
}
