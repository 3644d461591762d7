/** Records of CSV, in text that has whole records only. */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Cursor } from "../cursor.ts";
import { codeOf, countLines, isBlank } from "./characters.ts";
import type { CsvDialect } from "./dialect.ts";
import type { CsvParser } from "./parser.ts";

export class CsvCursor implements Cursor {
  readonly dialect: CsvDialect;
  #at = 0;
  #end = 0;
  #next = 0;
  #plain = true;
  /** Where the next quote is; of one that is passed by, the search goes on. */
  #quote = -1;
  #line = 0;
  #lines = 0;
  /** A character position and the byte offset that belongs to it. */
  #knownAt = 0;
  #knownOffset: number;
  readonly #text: string;
  readonly #parser: CsvParser;
  readonly #codec: TextCodec;
  readonly #lineEnd: string;
  readonly #comment: number;
  readonly #trims: boolean;

  constructor(text: string, base: number, dialect: CsvDialect, parser: CsvParser, codec: TextCodec) {
    this.dialect = dialect;
    this.#text = text;
    this.#knownOffset = base;
    this.#parser = parser;
    this.#codec = codec;
    this.#lineEnd = String.fromCharCode(dialect.lineEnd);
    this.#comment = codeOf(dialect.comment);
    this.#trims = dialect.trim === true;
    this.#quote = this.#quoteFrom(0);
  }

  advance(): boolean {
    const text = this.#text;
    while (this.#next < text.length) {
      const at = this.#next;
      let end = text.indexOf(this.#lineEnd, at);
      if (end === -1) end = text.length;
      if (this.#quote < at) this.#quote = this.#quoteFrom(at);
      const isComment = text.charCodeAt(at) === this.#comment;
      const plain = isComment || this.#quote > end;
      this.#line = this.#lines + 1;
      if (plain) this.#lines++;
      else {
        end = this.#endOfQuoted(at);
        // A quote that is not closed takes the last line end of the text.
        const isOpen = end === text.length && text.endsWith(this.#lineEnd);
        this.#lines += countLines(text, this.#lineEnd, at, end) + (isOpen ? 0 : 1);
      }
      this.#next = end + 1;
      while (end > at && text.charCodeAt(end - 1) === 13) end--;
      if (isComment || end === at || (this.#trims && isBlankText(text, at, end))) continue;
      this.#at = at;
      this.#end = end;
      this.#plain = plain;
      return true;
    }
    this.#line = this.#lines;
    return false;
  }

  read(): unknown {
    return this.#parser.parse(this.#text, this.#at, this.#end, this.#plain);
  }

  raw(): string {
    return this.#text.slice(this.#at, this.#end);
  }

  offset(): number {
    this.#knownOffset += this.#codec.byteLength(this.#text.slice(this.#knownAt, this.#at));
    this.#knownAt = this.#at;
    return this.#knownOffset;
  }

  line(): number {
    return this.#line;
  }

  #quoteFrom(at: number): number {
    const found = this.dialect.quotes ? this.#text.indexOf('"', at) : -1;
    return found === -1 ? Number.POSITIVE_INFINITY : found;
  }

  /** As CsvScanner has it, on characters. */
  #endOfQuoted(start: number): number {
    const text = this.#text;
    const lineEnd = this.dialect.lineEnd;
    const delimiter = this.dialect.delimiter.charCodeAt(0);
    let inside = false;
    let counts = false;
    let before: number = lineEnd;
    for (let at = start; at < text.length; at++) {
      const character = text.charCodeAt(at);
      if (character === 34) {
        if (before !== 34) counts = inside || before === delimiter || before === lineEnd;
        if (counts) inside = !inside;
      } else if (character === lineEnd && !inside) return at;
      if (!this.#trims || !isBlank(character) || (before !== delimiter && before !== lineEnd)) before = character;
    }
    return text.length;
  }
}

function isBlankText(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isBlank(text.charCodeAt(at))) return false;
  return true;
}
