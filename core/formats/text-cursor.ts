/** Records that are lines: each ends with a byte, wherever it stands. */
import type { TextCodec } from "../platform/text-codec.ts";
import type { LineRules } from "./codec.ts";
import type { Cursor } from "./cursor.ts";

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
  private readonly rules: LineRules;
  private readonly codec: TextCodec;

  constructor(text: string, base: number, rules: LineRules, codec: TextCodec) {
    this.text = text;
    this.rules = rules;
    this.codec = codec;
    this.#knownOffset = base;
  }

  advance(): boolean {
    const text = this.text;
    while (this.#next < text.length) {
      const at = this.#next;
      let end = text.indexOf(this.rules.separatorText, at);
      if (end === -1) end = text.length;
      this.#next = end + 1;
      this.#lines++;
      if (end === at && this.rules.skipsEmpty) continue;
      this.#at = at;
      this.#end = end;
      return true;
    }
    return false;
  }

  read(): unknown {
    return this.rules.parse(this.raw());
  }

  raw(): string {
    const end = this.#end;
    const trims = this.rules.trimsReturn && end > this.#at && this.text.charCodeAt(end - 1) === 13;
    return this.text.slice(this.#at, trims ? end - 1 : end);
  }

  isBlank(): boolean {
    return this.rules.isBlank?.(this.raw()) === true;
  }

  offset(): number {
    this.#knownOffset += this.codec.byteLength(this.text.slice(this.#knownAt, this.#at));
    this.#knownAt = this.#at;
    return this.#knownOffset;
  }

  line(): number {
    return this.#lines;
  }
}
