/** A pass over an input that is scanned: over bytes that come in pieces, from a record's beginning on. */
import type { Dialect, ScanInput, Scanner } from "../../formats/format.ts";
import type { TextCodec } from "../../platform/text-codec.ts";

/** What a pass over a part of the input has found. */
export interface Found {
  /** Where the first record begins at or behind the part's end, and the byte before it. */
  readonly next: number;
  readonly before?: number | undefined;
  /** Where the last record begins that is wanted, if it is in this part; then `next` is where it ends. */
  readonly last?: number;
  /** The source ends, and must not. */
  readonly open?: Scanner["open"];
}

export interface PassOptions {
  readonly input: ScanInput;
  readonly text: TextCodec;
}

/** Where a pass begins: a record's first byte, and the byte before it, unless it is the source's first record. */
export interface PassBegin {
  readonly dialect: Dialect;
  readonly start: number;
  readonly before?: number | undefined;
}

/** It counts records where their number is limited. */
export class ScanPass {
  records = 0;
  readonly #scanner: Scanner;
  readonly #counts: boolean;
  readonly #most: number;
  readonly #hasContentIn: ReturnType<NonNullable<ScanInput["createContentCheck"]>> | undefined;
  /** Offset of the next piece, and of the record that has begun. */
  #offset: number;
  #start: number;
  /** The record that has begun has something in it. */
  #hasContent = false;

  constructor({ input, text }: PassOptions, { dialect, start, before }: PassBegin, most: number) {
    this.#scanner = input.createScanner(dialect, text, before);
    this.#counts = most !== Number.POSITIVE_INFINITY;
    this.#most = most;
    this.#hasContentIn = input.createContentCheck?.(dialect);
    this.#offset = start;
    this.#start = start;
  }

  get open(): Scanner["open"] {
    return this.#scanner.open;
  }

  /** Goes on to the first record that begins at `border` or behind it, or to the end of the last one that is wanted. */
  look(bytes: Uint8Array, border: number): Found | undefined {
    const offset = this.#offset;
    this.#offset += bytes.length;
    if (!this.#counts) {
      const found = this.#scanner.next(bytes, 0, bytes.length, border - offset);
      return found === -1 ? undefined : { next: offset + found, before: bytes[found - 1] };
    }
    for (let at = 0; ; ) {
      const found = this.#scanner.next(bytes, at, bytes.length, 0);
      const end = found === -1 ? bytes.length : found;
      const hasContent = this.#hasContentIn?.(bytes, at, end, offset + at === this.#start);
      this.#hasContent ||= hasContent !== false;
      if (found === -1) return undefined;
      const next = offset + found;
      const before = bytes[found - 1];
      if (this.#isLast()) return { next, before, last: this.#start };
      this.#start = next;
      this.#hasContent = false;
      at = found;
      if (next >= border) return { next, before };
    }
  }

  /** The input ends here, maybe in a record. */
  end(at: number): Found {
    return this.#counts && this.#isLast() ? { next: at, last: this.#start } : { next: at };
  }

  #isLast(): boolean {
    return this.#hasContent && ++this.records === this.#most;
  }
}
