/** Lines that were elements of an array: their places are those in the file. */
import type { Cursor } from "../cursor.ts";

export interface ElementSource {
  /** The bytes as they stand in the file. */
  readonly source: Uint8Array;
  /** The offset of the first of them. */
  readonly base: number;
  /** How many line ends have been put into the lines before an offset. */
  readonly insertedBefore: (offset: number) => number;
  /** How many there are in the source, where that is known. */
  readonly lineEnds?: number;
}

const LINE_FEED = 10;
const SPACE = 32;

export class ElementCursor implements Cursor {
  readonly #lines: Cursor;
  readonly #from: ElementSource;
  #isOver = false;
  /** Line feeds are counted when they are asked for, on from here. */
  #knownAt = 0;
  #knownLineEnds = 0;

  constructor(lines: Cursor, from: ElementSource) {
    this.#lines = lines;
    this.#from = from;
  }

  advance(): boolean {
    this.#isOver = !this.#lines.advance();
    return !this.#isOver;
  }

  read(): unknown {
    return this.#lines.read();
  }

  offset(): number {
    const offset = this.#lines.offset();
    return offset - this.#from.insertedBefore(offset - this.#from.base);
  }

  /** That of the value's first byte, which is not on that of the comma before it where it stands on a line of its own. */
  line(): number {
    const { source, lineEnds } = this.#from;
    if (this.#isOver) return lineEnds ?? this.#lineEndsBefore(source.length);
    let at = this.#at();
    while (at < source.length && (source[at] as number) <= SPACE) at++;
    return this.#lineEndsBefore(at) + 1;
  }

  lineEndsBefore(): number {
    return this.#lineEndsBefore(this.#at());
  }

  raw(): string {
    return this.#lines.raw();
  }

  isBlank(): boolean {
    return this.#lines.isBlank?.() === true;
  }

  #at(): number {
    return this.offset() - this.#from.base;
  }

  #lineEndsBefore(end: number): number {
    const { source } = this.#from;
    if (end < this.#knownAt) {
      this.#knownAt = 0;
      this.#knownLineEnds = 0;
    }
    let lineEnds = this.#knownLineEnds;
    for (let at = this.#knownAt; at < end; at++) if (source[at] === LINE_FEED) lineEnds++;
    this.#knownAt = end;
    this.#knownLineEnds = lineEnds;
    return lineEnds;
  }
}
