/** Records of CSV that have been read already, many at once. */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Cursor } from "../cursor.ts";
import type { CsvDialect } from "./dialect.ts";
import type { CsvParser } from "./parser.ts";
import type { Rows } from "./rows.ts";

export class RowsCursor implements Cursor {
  readonly dialect: CsvDialect;
  #index = -1;
  /** A position, and the line that it stands in: lines are counted on from here. */
  #knownAt = 0;
  #knownLine = 1;
  readonly #rows: Rows;
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #parser: CsvParser;
  readonly #codec: TextCodec;

  /** @param rows of the bytes; the cursor's own from now on */
  constructor(
    rows: Rows,
    { bytes, base }: { readonly bytes: Uint8Array; readonly base: number },
    dialect: CsvDialect,
    parser: CsvParser,
    codec: TextCodec,
  ) {
    this.dialect = dialect;
    this.#rows = rows;
    this.#bytes = bytes;
    this.#base = base;
    this.#parser = parser;
    this.#codec = codec;
  }

  advance(): boolean {
    return ++this.#index < this.#rows.records.length;
  }

  read(): unknown {
    const { records } = this.#rows;
    const record = records[this.#index];
    // It may be garbage before the window is: what survives a collection makes V8's young generation grow.
    records[this.#index] = undefined;
    if (record !== undefined) return record;
    const text = this.raw();
    return this.#parser.parse(text, 0, text.length, false);
  }

  raw(): string {
    const index = this.#last();
    return this.#codec.decode(this.#bytes, this.#rows.starts[index] ?? 0, this.#rows.ends[index] ?? 0);
  }

  offset(): number {
    return this.#base + (this.#rows.starts[this.#last()] ?? 0);
  }

  line(): number {
    if (this.#index >= this.#rows.records.length) return this.#rows.lines;
    const start = this.#rows.starts[this.#index] ?? 0;
    const { lineEnd } = this.dialect;
    for (let at = this.#knownAt; ; this.#knownLine++) {
      const found = this.#codec.indexOf(this.#bytes, lineEnd, at);
      if (found === -1 || found >= start) break;
      at = this.#knownAt = found + 1;
    }
    return this.#knownLine;
  }

  /** Behind the last one it is still that one. */
  #last(): number {
    return Math.min(this.#index, this.#rows.records.length - 1);
  }
}
