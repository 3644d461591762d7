/**
 * Reading one JSON value after the other, where the caller knows what stands between them.
 *
 * Short strings, numbers and arrays of them are read here. What is rare or in doubt goes to JSON.parse: there is no second
 * opinion on what is JSON, and on what it means.
 */

import { parseJson } from "../../json.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  LOWER_CASE,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from "./ascii.ts";
import { FALSE, NULL, TRUE, valueEnd } from "./value-end.ts";

/** This number of decimal digits is an integer that a double holds exactly, as it does the powers of ten up to there. */
const EXACT_DIGITS = 15;

const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

export class JsonScanner {
  /** What is read next. The caller that has set it reads on from here, too. */
  at = 0;
  readonly #codec: Pick<TextCodec, "decode" | "isUtf8">;
  #bytes: Uint8Array = new Uint8Array(0);
  /**
   * The same bytes to look at, with a sign: one that is not ASCII is negative. So the comparison that finds control characters finds
   * these, too, and text that is ASCII pays nothing for them.
   */
  #codes: Int8Array = new Int8Array(0);
  /** Whether all of the bytes are known to be UTF-8. */
  #checked = false;
  /** The text of a piece, a character for each byte: strings are taken from it that are ASCII. */
  #text = "";
  #base = 0;
  /** Where the last byte of the piece stands: no scan goes beyond it. */
  #last = 0;
  /** Whether a byte that is not ASCII has been passed since a token began. */
  #wide = false;

  constructor(codec: Pick<TextCodec, "decode" | "isUtf8">) {
    this.#codec = codec;
  }

  /** Pieces of these bytes are read from now on. */
  beginWindow(bytes: Uint8Array, codes: Int8Array): void {
    this.#bytes = bytes;
    this.#codes = codes;
    this.#checked = false;
  }

  /**
   * Reads from here on. `text` has a character for each byte from `base` on, and the last is a control character.
   *
   * Every scan below moves one byte at a time and ends at a control character, or it compares with the last byte's place.
   */
  begin(text: string, base: number): void {
    this.#text = text;
    this.#base = base;
    this.#last = base + text.length - 1;
    this.at = base;
  }

  /**
   * The text of some of the bytes.
   * @throws {SyntaxError} when it is not ASCII, and not all of the bytes are UTF-8
   */
  decode(start: number, end: number): string {
    const text = this.#codec.decode(this.#bytes, start, end);
    // Where bytes are missing in a character, each may have become one of its own.
    if (text.length !== end - start || text.includes("\ufffd")) this.checkUtf8();
    return text;
  }

  /** @throws {SyntaxError} when not all of the bytes are UTF-8 */
  checkUtf8(): void {
    if (this.#checked) return;
    if (!this.#codec.isUtf8(this.#bytes, 0, this.#bytes.length)) throw new SyntaxError("it is not UTF-8");
    this.#checked = true;
  }

  /** Moves behind these bytes if they are what stands here: quicker than `startsWith` on V8 and JavaScriptCore. */
  skip(expected: Int8Array): boolean {
    const codes = this.#codes;
    const at = this.at;
    for (let i = 0; i < expected.length; i++) if (codes[at + i] !== expected[i]) return false;
    this.at = at + expected.length;
    return true;
  }

  /** The value that stands here; undefined when there is none, or it takes JSON.parse to tell what is wrong with it. */
  read(): unknown {
    const code = this.#codes[this.at] as number;
    if (code === QUOTE) return this.#string();
    if (code <= NINE) return this.#number(code);
    if (code === LOWER_T) return this.skip(TRUE) ? true : undefined;
    if (code === LOWER_F) return this.skip(FALSE) ? false : undefined;
    if (code === LOWER_N) return this.skip(NULL) ? null : undefined;
    if (code === OPEN_BRACKET) return this.#array();
    return code === OPEN_BRACE ? this.#nested() : undefined;
  }

  /** Moves behind the value that stands here, in bytes that are UTF-8, without making it; false when that takes JSON.parse. */
  pass(): boolean {
    const end = valueEnd(this.#codes, this.at);
    if (end === -1) return false;
    this.at = end;
    return true;
  }

  #string(): unknown {
    const codes = this.#codes;
    const start = this.at + 1;
    let end = start;
    for (;;) {
      const code = codes[end] as number;
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#parse(this.#stringEnd(end));
      if (code < SPACE) return code < 0 ? this.#wideString(end) : undefined;
      end++;
    }
    this.at = end + 1;
    return this.#text.slice(start - this.#base, end - this.#base);
  }

  /** A string whose first byte that is not ASCII stands at `at`. */
  #wideString(at: number): unknown {
    const codes = this.#codes;
    const start = this.at + 1;
    let end = at;
    for (;;) {
      const code = codes[end] as number;
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        this.#wide = true;
        return this.#parse(this.#stringEnd(end));
      }
      if (code >= 0 && code < SPACE) return undefined;
      end++;
    }
    this.checkUtf8();
    this.at = end + 1;
    return this.#codec.decode(this.#bytes, start, end);
  }

  /** Exact where the digits are few: both they and the power of ten are integers of a double, and IEEE 754 divides correctly. */
  #number(first: number): unknown {
    const codes = this.#codes;
    const start = first === MINUS ? this.at + 1 : this.at;
    let at = start;
    let digits = 0;
    let code = codes[at] as number;
    for (; code >= ZERO && code <= NINE; code = codes[++at] as number) digits = digits * 10 + code - ZERO;
    const whole = at - start;
    let decimals = 0;
    if (code === POINT) {
      code = codes[++at] as number;
      for (; code >= ZERO && code <= NINE; code = codes[++at] as number) digits = digits * 10 + code - ZERO;
      decimals = at - start - whole - 1;
      if (decimals === 0) return undefined;
    }
    if (whole === 0 || (whole > 1 && codes[start] === ZERO)) return undefined;
    if (whole + decimals > EXACT_DIGITS || (code | LOWER_CASE) === LOWER_E) return this.#parse(this.#numberEnd(at));
    this.at = at;
    const size = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] as number);
    return first === MINUS ? -size : size;
  }

  #array(): unknown {
    const codes = this.#codes;
    const start = this.at++;
    const values: unknown[] = [];
    if (codes[this.at] === CLOSE_BRACKET) {
      this.at++;
      return values;
    }
    for (;;) {
      if (codes[this.at] === OPEN_BRACE) {
        this.at = start;
        return this.#nested();
      }
      const value = this.read();
      if (value === undefined) return undefined;
      values.push(value);
      const code = codes[this.at++];
      if (code === CLOSE_BRACKET) return values;
      if (code !== COMMA) return undefined;
      if (codes[this.at] === SPACE) this.at++;
    }
  }

  /** An object that no template knows: one in an array, or where another line has none. */
  #nested(): unknown {
    const codes = this.#codes;
    let depth = 0;
    for (let at = this.at; at < this.#last; at++) {
      const code = codes[at] as number;
      if (code === QUOTE) {
        const end = this.#stringEnd(at + 1);
        if (end === -1) return undefined;
        at = end - 1;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
      else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        if (--depth === 0) return this.#parse(at + 1);
      } else if (code < SPACE) return undefined;
    }
    return undefined;
  }

  /** Behind the string that is being read at `at`; -1 where it has no end. Also a line's end may stand behind a backslash. */
  #stringEnd(at: number): number {
    const codes = this.#codes;
    for (let end = at; end < this.#last; end++) {
      const code = codes[end] as number;
      if (code === QUOTE) return end + 1;
      if (code < 0) this.#wide = true;
      else if (code < SPACE) return -1;
      // What is escaped is no end of the string, but a line feed is that of the line.
      else if (code === BACKSLASH && (codes[++end] as number) < SPACE) return -1;
    }
    return -1;
  }

  #numberEnd(at: number): number {
    const codes = this.#codes;
    for (let end = at; end < this.#last; end++) {
      const code = codes[end] as number;
      const belongs = code >= ZERO ? code <= NINE || (code | LOWER_CASE) === LOWER_E : code === POINT || isSign(code);
      if (!belongs) return end;
    }
    return this.#last;
  }

  /** @throws {SyntaxError} when that is no value */
  #parse(end: number): unknown {
    const isWide = this.#wide;
    this.#wide = false;
    if (end === -1) return undefined;
    const start = this.at;
    this.at = end;
    if (isWide) return parseJson(this.decode(start, end));
    return parseJson(this.#text.slice(start - this.#base, end - this.#base));
  }
}

function isSign(code: number): boolean {
  return code === PLUS || code === MINUS;
}
