/** `--from rejects`: the records of an errors file, each as if it stood in its source. */

import type { TextCodec } from "../platform/text-codec.ts";
import type { CsvDialect } from "./csv/dialect.ts";
import type { CsvParser } from "./csv/parser.ts";
import { type Cursor, type Origin, TextCursor } from "./cursor.ts";
import { INPUT_FORMATS, type InputFormat } from "./input.ts";

interface Entry extends Origin {
  readonly offset: number;
  readonly record: string;
}

export class RejectsCursor implements Cursor {
  readonly #lines: TextCursor;
  readonly #text: TextCodec;
  readonly #decodeBase64: (text: string) => Uint8Array;
  readonly #csv: ((dialect: CsvDialect) => CsvParser) | undefined;
  #entry: Entry | undefined;

  constructor(
    text: string,
    base: number,
    format: InputFormat,
    codec: TextCodec,
    decodeBase64: (text: string) => Uint8Array,
    csv?: (dialect: CsvDialect) => CsvParser,
  ) {
    this.#lines = new TextCursor(text, base, format, codec);
    this.#text = codec;
    this.#decodeBase64 = decodeBase64;
    this.#csv = csv;
  }

  advance(): boolean {
    this.#entry = undefined;
    return this.#lines.advance();
  }

  read(): unknown {
    const { from, record, base64, cut, dialect } = this.#locate();
    if (cut === true) throw new SyntaxError("the errors file has only its beginning");
    const format = INPUT_FORMATS[from];
    if (dialect !== undefined && this.#csv !== undefined && base64 !== true)
      return this.#csv(dialect).parse(record, 0, record.length, false);
    if (base64 !== true) return format.parse(record);
    const bytes = this.#decodeBase64(record);
    if (format.needsUtf8 && !this.#text.isUtf8(bytes, 0, bytes.length)) throw new SyntaxError("it is not UTF-8");
    return format.parse(this.#text.decode(bytes, 0, bytes.length));
  }

  /** Before the record or its origin has been asked for, this is where its line stands in the errors file. */
  offset(): number {
    return this.#entry?.offset ?? this.#lines.offset();
  }

  line(): number {
    return this.#lines.line();
  }

  raw(): string {
    return this.#entry?.record ?? this.#lines.raw();
  }

  origin(): Origin | undefined {
    try {
      return this.#locate();
    } catch {
      return undefined;
    }
  }

  #locate(): Entry {
    this.#entry ??= entryOf(this.#lines.read());
    return this.#entry;
  }
}

function entryOf(value: unknown): Entry {
  const entry = value as Partial<Entry> | null;
  const { from } = entry ?? {};
  if (typeof entry?.record !== "string" || typeof entry.source !== "string" || from === undefined) {
    throw new SyntaxError("it is no line of an errors file");
  }
  // Of a chunk of bytes nothing is kept but its place.
  if (!Object.hasOwn(INPUT_FORMATS, from) || from === "bytes" || from === "rejects") {
    throw new SyntaxError(`a record cannot be read again from "${from}"`);
  }
  return entry as Entry;
}
