/** `--from rejects`: the records of an errors file, each as if it stood in its source. */
import { type Cursor, type Origin, TextCursor } from "./cursor.ts";
import { INPUT_FORMATS, type InputFormat, type InputFormatName } from "./formats/input.ts";
import type { Text } from "./text.ts";

interface Entry {
  readonly source: string;
  readonly line: number;
  readonly offset: number;
  readonly record: string;
  readonly base64?: boolean;
  /** The format that the record was read in. */
  readonly from: InputFormatName;
}

export class RejectsCursor implements Cursor {
  readonly #lines: TextCursor;
  readonly #text: Text;
  readonly #decodeBase64: (text: string) => Uint8Array;
  #entry: Entry | undefined;

  constructor(
    text: string,
    base: number,
    format: InputFormat,
    codec: Text,
    decodeBase64: (text: string) => Uint8Array,
  ) {
    this.#lines = new TextCursor(text, base, format, codec);
    this.#text = codec;
    this.#decodeBase64 = decodeBase64;
  }

  advance(): boolean {
    this.#entry = undefined;
    return this.#lines.advance();
  }

  read(): unknown {
    const entry = this.#lines.read() as Partial<Entry> | null;
    if (typeof entry?.record !== "string" || typeof entry.source !== "string" || entry.from === undefined) {
      throw new SyntaxError("it is no line of an errors file");
    }
    this.#entry = entry as Entry;
    return INPUT_FORMATS[this.#entry.from].parse(this.raw());
  }

  offset(): number {
    return this.#entry?.offset ?? this.#lines.offset();
  }

  line(): number {
    return this.#lines.line();
  }

  raw(): string {
    if (this.#entry === undefined) return this.#lines.raw();
    if (this.#entry.base64 !== true) return this.#entry.record;
    const bytes = this.#decodeBase64(this.#entry.record);
    return this.#text.decode(bytes, 0, bytes.length);
  }

  origin(): Origin | undefined {
    return this.#entry;
  }
}
