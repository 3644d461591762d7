/**
 * Reading a chunk: from a byte range of a file, or a block of a stream, to cursors over its records.
 *
 * A record belongs to the chunk in which its first byte lies. So a reader looks one byte back for the separator that
 * starts its first record, and reads on beyond its range until its last record is complete. The input need not be
 * scanned to plan the chunks, and a chunk can be read again anywhere, at any time.
 */

import { mostWithoutEnd } from "../protocol/record-failure.ts";
import { type FileRange, FileWindow } from "./file-window.ts";
import { LineParts, type ReaderOptions } from "./line-parts.ts";
import type { TakePart } from "./unreadable.ts";

/** Bytes read at once, and beyond a chunk's end in the hope that its last record ends there. */
const WINDOW_BYTES = 256 * 1024;
const LOOKAHEAD_BYTES = 4 * 1024;

export class ChunkReader {
  readonly #options: ReaderOptions;
  readonly #parts: LineParts;
  readonly #window = new FileWindow(WINDOW_BYTES + 2 * LOOKAHEAD_BYTES);

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#parts = new LineParts(options);
  }

  /** The records that start in [start, end) of a file. `batchEnd` says how far it is worth reading ahead. */
  readRange(range: FileRange, start: number, end: number, batchEnd: number, take: TakePart): void {
    const { maxRecordBytes, codec } = this.#options;
    const { separator } = codec;
    const { text } = this.#options.tools;
    let first = start;
    if (start > range.begin) {
      this.#load(range, start - 1, end, batchEnd);
      // Not beyond: where a record is much longer than a chunk, every chunk would look through what is left of it.
      const found = text.indexOf(
        this.#window.bytes.subarray(0, end - 1 - this.#window.base),
        separator,
        start - 1 - this.#window.base,
      );
      if (found === -1) return;
      first = this.#window.base + found + 1;
    }
    let known = end;
    for (;;) {
      this.#load(range, first, known, batchEnd);
      const loadedEnd = this.#window.end;
      const found = text.indexOf(this.#window.bytes, separator, Math.max(end - 1, first) - this.#window.base);
      if (found !== -1 || loadedEnd >= range.end) {
        const last = found === -1 ? this.#window.bytes.length : found + 1;
        this.#parts.of(this.#window.bytes.subarray(first - this.#window.base, last), first, range.begin, take);
        return;
      }
      const lastStart = this.#lastRecordStart(first, end);
      if (loadedEnd - lastStart > mostWithoutEnd(maxRecordBytes)) {
        this.#parts.of(
          this.#window.bytes.subarray(first - this.#window.base, lastStart - this.#window.base),
          first,
          range.begin,
          take,
        );
        take(this.#parts.tooLong(this.#window.bytes.subarray(lastStart - this.#window.base), lastStart));
        return;
      }
      known = Math.min(range.end, loadedEnd + Math.max(WINDOW_BYTES, loadedEnd - first));
    }
  }

  /** The records that start in [start, end) of a block of whole records. `base` is its byte offset in the stream. */
  readBlock(bytes: Uint8Array, base: number, start: number, end: number, take: TakePart): void {
    const { separator } = this.#options.codec;
    const { text } = this.#options.tools;
    const first = start <= base ? 0 : text.indexOf(bytes, separator, start - 1 - base) + 1;
    if ((first === 0 && start > base) || base + first >= end) return;
    const found = text.indexOf(bytes, separator, end - 1 - base);
    this.#parts.of(bytes.subarray(first, found === -1 ? bytes.length : found + 1), base + first, 0, take);
  }

  #load(range: FileRange, from: number, to: number, batchEnd: number): void {
    const ahead = Math.min(from + WINDOW_BYTES, batchEnd + LOOKAHEAD_BYTES);
    this.#window.load(range, from, to, Math.max(Math.min(to, range.end) + LOOKAHEAD_BYTES, ahead));
  }

  #lastRecordStart(first: number, end: number): number {
    for (let at = end - 2; at >= first; at--) {
      if (this.#window.bytes[at - this.#window.base] === this.#options.codec.separator) return at + 1;
    }
    return first;
  }
}
