/**
 * Reading one JSON value after the other, where the caller knows what stands between them.
 *
 * Short strings, numbers and arrays of them are read here. What is rare or in doubt goes to JSON.parse
 * (loose-end.ts): there is no second opinion on what is JSON, and on what it means.
 */

import { parseJson } from "../../json.ts";
import {
  BACKSLASH,
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
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from "./ascii.ts";
import { ENDLESS, looseNumberEnd, looseStringEnd, nestedEnd } from "./loose-end.ts";
import { FALSE, NULL, TRUE } from "./value-end.ts";
import type { WindowText } from "./window-text.ts";

/** This number of decimal digits is an integer that a double holds exactly, as it does the powers of ten up to there. */
const EXACT_DIGITS = 15;

const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

export class JsonScanner {
  /** What is read next. The caller that has set it reads on from here, too. */
  at = 0;
  readonly #window: WindowText;
  /**
   * The bytes to look at, with a sign: one that is not ASCII is negative. So the comparison that finds control characters finds
   * these, too, and text that is ASCII pays nothing for them.
   */
  #codes: Int8Array = new Int8Array(0);
  /** The text of a piece, a character for each byte: strings are taken from it that are ASCII. */
  #text = "";
  #base = 0;
  /** Where the last byte of the piece stands: no scan goes beyond it. */
  #last = 0;

  constructor(window: WindowText) {
    this.#window = window;
  }

  /**
   * Reads from here on. `text` has a character for each of the window's codes from `base` on, and the last is a control character.
   *
   * Every scan moves one byte at a time and ends at a control character, or it compares with the last byte's place.
   */
  begin(codes: Int8Array, text: string, base: number): void {
    this.#codes = codes;
    this.#text = text;
    this.#base = base;
    this.at = base;
    this.#last = base + text.length - 1;
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

  #string(): unknown {
    const codes = this.#codes;
    const start = this.at + 1;
    let end = start;
    for (;;) {
      const code = codes[end] as number;
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#parse(looseStringEnd(codes, end, this.#last));
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
      if (code === BACKSLASH) return this.#parse(-Math.abs(looseStringEnd(codes, end, this.#last)));
      if (code >= 0 && code < SPACE) return undefined;
      end++;
    }
    this.at = end + 1;
    return this.#window.decode(start, end);
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
    if (whole + decimals > EXACT_DIGITS || (code | LOWER_CASE) === LOWER_E)
      return this.#parse(looseNumberEnd(codes, at, this.#last));
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
    return this.#parse(nestedEnd(this.#codes, this.at, this.#last));
  }

  /**
   * @param end of the value that stands here; negative where it is not ASCII
   * @throws {SyntaxError} when that is no value
   */
  #parse(end: number): unknown {
    if (end === ENDLESS) return undefined;
    const start = this.at;
    this.at = Math.abs(end);
    if (end < 0) return parseJson(this.#window.decode(start, this.at));
    return parseJson(this.#text.slice(start - this.#base, end - this.#base));
  }
}
