/** The values of records that have been read, from their slots. */
import type { TextCodec } from "../../platform/text-codec.ts";
import {
  ARRAY,
  ASCII,
  COPY,
  COPY_IN_ASCII,
  DOUBLE,
  INTEGER,
  IS_FALSE,
  IS_TRUE,
  KIND_BITS,
  KNOWN_STRING,
  NEW_STRING,
  NO_MORE,
  TEXT,
  WIDE,
  WRITTEN,
  WRITTEN_IN_ASCII,
} from "./layout.ts";
import type { SlotMemory } from "./memory.ts";
import type { WindowText } from "./window-text.ts";

/**
 * Strings are slices of a text of about this number of bytes (in V8 and JavaScriptCore): that is what a script that keeps one of
 * them keeps in memory.
 */
const PIECE_BYTES = 1024;
/** A longer string is a text of its own. */
const MAX_PIECE_BYTES = 4 * 1024;

const KINDS = (1 << KIND_BITS) - 1;

export class SlotValues {
  readonly #codec: Pick<TextCodec, "asciiOf">;
  readonly #window: WindowText;
  readonly #places: Int32Array;
  readonly #ends: Int32Array;
  readonly #numbers: Float64Array;
  readonly #strings: string[];
  /** The memory from TEXT on. */
  readonly #copies: Uint8Array;
  readonly #readWritten: (text: string) => unknown;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Bytes of the window as text, a character for each. */
  #piece = "";
  #pieceStart = 0;
  #pieceEnd = 0;
  /** The element that is read next. */
  #element = 0;

  /** @param readWritten makes the value of a text that is left to JavaScript */
  constructor(
    codec: Pick<TextCodec, "asciiOf">,
    window: WindowText,
    memory: Pick<SlotMemory<unknown>, "places" | "ends" | "numbers" | "strings" | "bytes">,
    readWritten: (text: string) => unknown,
  ) {
    this.#readWritten = readWritten;
    this.#codec = codec;
    this.#window = window;
    this.#places = memory.places;
    this.#ends = memory.ends;
    this.#numbers = memory.numbers;
    this.#strings = memory.strings;
    this.#copies = memory.bytes.subarray(TEXT);
  }

  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#pieceStart = 0;
    this.#pieceEnd = 0;
  }

  /** @throws {SyntaxError} where bytes are not UTF-8, and what `readWritten` throws */
  at(slot: number): unknown {
    const place = this.#places[slot] as number;
    const end = this.#ends[slot] as number;
    if (place <= NEW_STRING) return this.#newString(NEW_STRING - place, end);
    if (place < 0) return this.#numberOrWord(place, slot);
    const kind = end & KINDS;
    if (kind === ASCII) return this.#ascii(place, end >> KIND_BITS);
    if (kind === WIDE) return this.#window.decode(place, end >> KIND_BITS);
    if (kind === WRITTEN) return this.#readWritten(this.#window.decode(place, end >> KIND_BITS));
    if (kind === WRITTEN_IN_ASCII) return this.#readWritten(this.#ascii(place, end >> KIND_BITS));
    if (kind === COPY_IN_ASCII) return this.#codec.asciiOf(this.#copies, place, end >> KIND_BITS);
    if (kind === COPY) return this.#window.decode(place, end >> KIND_BITS, this.#copies);
    this.#element = place;
    return this.#array();
  }

  #numberOrWord(place: number, slot: number): unknown {
    if (place <= KNOWN_STRING) return this.#strings[KNOWN_STRING - place];
    if (place === INTEGER) return this.#ends[slot];
    if (place === DOUBLE) return this.#numbers[slot];
    if (place === IS_TRUE) return true;
    return place === IS_FALSE ? false : null;
  }

  /** One that is kept is no slice: it would keep all of its piece. */
  #newString(index: number, end: number): string {
    const start = end >> 4;
    const text = this.#codec.asciiOf(this.#bytes, start, start + (end & 15));
    this.#strings[index] = text;
    return text;
  }

  #ascii(start: number, end: number): string {
    if (start < this.#pieceStart || end > this.#pieceEnd) {
      if (end - start > MAX_PIECE_BYTES) return this.#codec.asciiOf(this.#bytes, start, end);
      this.#pieceStart = start;
      this.#pieceEnd = Math.min(this.#bytes.length, Math.max(end, start + PIECE_BYTES));
      this.#piece = this.#codec.asciiOf(this.#bytes, start, this.#pieceEnd);
    }
    return this.#piece.slice(start - this.#pieceStart, end - this.#pieceStart);
  }

  #array(): unknown[] {
    const values: unknown[] = [];
    for (;;) {
      const slot = this.#element++;
      const place = this.#places[slot] as number;
      if (place === NO_MORE) return values;
      // Read here, numbers are no objects on their way.
      if (place === DOUBLE) values.push(this.#numbers[slot]);
      else if (place === INTEGER) values.push(this.#ends[slot]);
      else values.push(place >= 0 && this.#ends[slot] === ARRAY ? this.#array() : this.at(slot));
    }
  }
}
