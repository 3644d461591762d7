/** Counts records by their line ends, without reading what stands in them. */
export interface CounterOptions {
  readonly separator: number;
  /** Whether a line of nothing but white space is no record: of any, or of that which JSON has. */
  readonly skipsBlank: boolean | "json";
  /** Records that begin at or behind this offset are not counted. */
  readonly to: number;
  /** The count ends with this record. */
  readonly most: number;
  readonly decode: (bytes: Uint8Array) => string;
}

const TAB = 9;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const FIRST_NOT_ASCII = 0x80;
/** A line that begins with more bytes that are not ASCII is taken for a record. */
const MAX_HEAD_BYTES = 64;

export class RecordCounter {
  readonly #options: CounterOptions;
  records = 0;
  /** All records that begin before `to` have been counted. */
  shouldYield = false;
  /** Where the line begins of which nothing but white space has been seen; undefined behind what counts it. */
  #lineStart: number | undefined;
  /** Bytes of it that are not ASCII: there is white space among those, too. */
  readonly #head: number[] = [];

  /** @param lineStart where the first line begins; undefined when that is behind the next separator */
  constructor(options: CounterOptions, lineStart: number | undefined) {
    this.#options = options;
    this.#lineStart = lineStart;
  }

  /** Looks at the bytes from an offset on. Returns where the last record begins, when it has as many as are wanted. */
  scan(bytes: Uint8Array, offset: number): number | undefined {
    const { separator, to } = this.#options;
    for (let at = 0; at < bytes.length; ) {
      if (this.#lineStart === undefined) {
        const found = bytes.indexOf(separator, at);
        if (found === -1) return undefined;
        at = found + 1;
        this.#lineStart = offset + at;
        continue;
      }
      if (this.#lineStart >= to) {
        this.shouldYield = true;
        return undefined;
      }
      const byte = bytes[at] as number;
      const isEnd = byte === separator;
      if (this.#isRecord(byte, isEnd)) {
        const last = this.#add(this.#lineStart);
        if (last !== undefined) return last;
      } else {
        at++;
        if (isEnd) this.#begin(offset + at);
        else if (byte >= FIRST_NOT_ASCII) this.#head.push(byte);
      }
    }
    return undefined;
  }

  /** The input has ended. */
  end(): number | undefined {
    const start = this.#lineStart;
    if (start === undefined || start >= this.#options.to || !this.#hasHead()) return undefined;
    return this.#add(start);
  }

  #isRecord(byte: number, isEnd: boolean): boolean {
    if (!this.#options.skipsBlank) return true;
    if (isEnd) return this.#hasHead();
    if (this.#options.skipsBlank === "json") return byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN;
    if (byte >= FIRST_NOT_ASCII) return this.#head.length >= MAX_HEAD_BYTES;
    return byte !== SPACE && !(byte >= TAB && byte <= CARRIAGE_RETURN);
  }

  #hasHead(): boolean {
    return this.#head.length > 0 && this.#options.decode(Uint8Array.from(this.#head)).trim() !== "";
  }

  #begin(lineStart: number | undefined): void {
    this.#lineStart = lineStart;
    this.#head.length = 0;
  }

  #add(lineStart: number): number | undefined {
    this.#begin(undefined);
    return ++this.records === this.#options.most ? lineStart : undefined;
  }
}
