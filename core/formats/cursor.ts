/**
 * Cursors: from a chunk's text (or numbers, or bytes) to one record after the other.
 *
 * `advance` moves to the next record, `read` makes it. The two are apart so that a failure in `read` belongs to a record
 * whose place is already known. No object is made per record but the record itself.
 */

import type { TextCodec } from "../platform/text-codec.ts";
import type { CsvDialect } from "./csv/dialect.ts";
import type { InputFormat, InputFormatName } from "./input.ts";

export interface Cursor {
  /** Moves to the next record; false at the end. */
  advance(): boolean;
  /** The record at the cursor. Throws what the format's parser throws. */
  read(): unknown;
  /** The record's byte offset in its source. */
  offset(): number;
  /** The record's line in this chunk, from 1. */
  line(): number;
  /** The record as it stood in the input, for the errors file. */
  raw(): string;
  /** Where the record comes from, when that is not the source that is being read. From then on `offset` is the one there. */
  origin?(): Origin | undefined;
  /** Of a record that is a file: what reads it, also when the cursor has moved on. */
  content?(): FileContent;
  /** Of CSV: how the source is written. */
  readonly dialect?: CsvDialect;
}

export interface FileContent {
  read(): Uint8Array;
  text(): string;
}

export interface Origin {
  readonly source: string;
  /** The number of that source in its job, on which `ctx.random` depends; older errors files do not have it. */
  readonly sourceIndex?: number | undefined;
  readonly line: number;
  /** The format that the record was read in, whether what is kept of it is base64, and whether it is only the beginning. */
  readonly from: InputFormatName;
  readonly base64?: boolean;
  readonly cut?: boolean;
  /** Of CSV: how the source is written. */
  readonly dialect?: CsvDialect;
}

/** Whether the record is a line of nothing but white space: an empty line that has not been looked at closely. */
export function isBlank(cursor: Cursor): boolean {
  return cursor.raw().trim() === "";
}

/** Lines of text. `base` is the byte offset in the source at which `text` begins. */
export class TextCursor implements Cursor {
  #at = 0;
  #end = 0;
  #next = 0;
  #lines = 0;
  /** A character position and the byte offset that belongs to it: offsets are counted on from here, once per character. */
  #knownAt = 0;
  #knownOffset: number;

  private readonly text: string;
  private readonly format: InputFormat;
  private readonly codec: TextCodec;

  constructor(text: string, base: number, format: InputFormat, codec: TextCodec) {
    this.text = text;
    this.format = format;
    this.codec = codec;
    this.#knownOffset = base;
  }

  advance(): boolean {
    const text = this.text;
    while (this.#next < text.length) {
      const at = this.#next;
      let end = text.indexOf(this.format.separatorText, at);
      if (end === -1) end = text.length;
      this.#next = end + 1;
      this.#lines++;
      if (end === at && this.format.skipsEmpty) continue;
      this.#at = at;
      this.#end = end;
      return true;
    }
    return false;
  }

  read(): unknown {
    return this.format.parse(this.raw());
  }

  raw(): string {
    const end = this.#end;
    const trims = this.format.trimsReturn && end > this.#at && this.text.charCodeAt(end - 1) === 13;
    return this.text.slice(this.#at, trims ? end - 1 : end);
  }

  offset(): number {
    if (this.#at < this.#knownAt) throw new RangeError("A cursor's offset is known only from its last known one on");
    this.#knownOffset += this.codec.byteLength(this.text.slice(this.#knownAt, this.#at));
    this.#knownAt = this.#at;
    return this.#knownOffset;
  }

  line(): number {
    return this.#lines;
  }
}

/** JSON lines that the runtime has parsed all at once: each of `bytes` is one value, none is empty. */
export class ParsedCursor implements Cursor {
  #index = -1;
  /** A line and the position at which it begins: places are counted on from here. */
  #knownIndex = 0;
  #knownAt = 0;

  private readonly values: unknown[];
  private readonly bytes: Uint8Array;
  private readonly base: number;
  private readonly codec: TextCodec;

  /** @param values the cursor's own from now on */
  constructor(values: unknown[], bytes: Uint8Array, base: number, codec: TextCodec) {
    this.values = values;
    this.bytes = bytes;
    this.base = base;
    this.codec = codec;
  }

  advance(): boolean {
    return ++this.#index < this.values.length;
  }

  read(): unknown {
    const value = this.values[this.#index];
    // It may be garbage before the window is: what survives a collection makes V8's young generation grow.
    this.values[this.#index] = undefined;
    return value;
  }

  offset(): number {
    return this.base + this.#start();
  }

  line(): number {
    return Math.min(this.#index + 1, this.values.length);
  }

  raw(): string {
    const start = this.#start();
    const end = this.codec.indexOf(this.bytes, LINE_FEED, start);
    return this.codec.decode(this.bytes, start, end === -1 ? this.bytes.length : end);
  }

  /** Behind the last one it is still that one's. */
  #start(): number {
    const index = Math.min(this.#index, this.values.length - 1);
    for (; this.#knownIndex < index; this.#knownIndex++) {
      this.#knownAt = this.codec.indexOf(this.bytes, LINE_FEED, this.#knownAt) + 1;
    }
    return this.#knownAt;
  }
}

const LINE_FEED = 10;

/** The numbers of `--range`: `start + i * step` for `count` positions i from `first` on. */
export class RangeCursor implements Cursor {
  #index = -1;
  private readonly start: number;
  private readonly step: number;
  private readonly first: number;
  private readonly count: number;

  constructor(start: number, step: number, first: number, count: number) {
    this.start = start;
    this.step = step;
    this.first = first;
    this.count = count;
  }

  advance(): boolean {
    return ++this.#index < this.count;
  }

  read(): unknown {
    return this.start + (this.first + this.#index) * this.step;
  }

  offset(): number {
    return this.first + Math.min(this.#index, this.count - 1);
  }

  line(): number {
    return Math.min(this.#index + 1, this.count);
  }

  raw(): string {
    return String(this.read());
  }
}

/** `--from bytes`: the chunk's whole lines are one record. */
export class BytesCursor implements Cursor {
  #done = false;
  private readonly bytes: Uint8Array;
  private readonly base: number;

  constructor(bytes: Uint8Array, base: number) {
    this.bytes = bytes;
    this.base = base;
  }

  advance(): boolean {
    if (this.#done || this.bytes.length === 0) return false;
    this.#done = true;
    return true;
  }

  read(): unknown {
    return this.bytes;
  }

  offset(): number {
    return this.base;
  }

  line(): number {
    return this.#done ? 1 : 0;
  }

  raw(): string {
    return `${this.bytes.length} bytes`;
  }
}
