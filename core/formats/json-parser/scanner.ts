/**
 * Reading one JSON value after the other, where the caller knows what stands between them.
 *
 * Short strings, numbers and arrays of them are read here. What is rare or in doubt goes to JSON.parse: there is no second
 * opinion on what is JSON, and on what it means.
 */

import { parseJson } from "../../json.ts";

/** This number of decimal digits is an integer that a double holds exactly, as it does the powers of ten up to there. */
const EXACT_DIGITS = 15;

// Numbers first: the bundler puts those in their places that stand before anything that runs. V8 would load each of them from
// memory, each time (4 % of a light map).
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const LOWER_CASE = 32;
const LOWER_E = 101;
const LOWER_F = 102;
const LOWER_N = 110;
const LOWER_T = 116;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const TRUE = asciiBytes("true");
const FALSE = asciiBytes("false");
const NULL = asciiBytes("null");

export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export class JsonScanner {
  /** What is read next. The caller that has set it reads on from here, too. */
  at = 0;
  /** What is being read: bytes to look at, and their text to take strings from. */
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the last byte stands: no scan goes beyond it. */
  #last = 0;
  #text = "";
  #base = 0;

  /**
   * Reads from here on. `text` is that of the bytes from `base` on: they are ASCII, and the last is a control character.
   *
   * Every scan below moves one byte at a time and ends at a control character, or it compares with the last byte's place.
   */
  begin(bytes: Uint8Array, text: string, base: number): void {
    this.#bytes = bytes;
    this.#text = text;
    this.#base = base;
    this.#last = base + text.length - 1;
    this.at = base;
  }

  /** Moves behind these bytes if they are what stands here: quicker than `startsWith` on V8 and JavaScriptCore. */
  skip(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.at;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.at = at + expected.length;
    return true;
  }

  /** The value that stands here; undefined when there is none, or it takes JSON.parse to tell what is wrong with it. */
  read(): unknown {
    const code = this.#bytes[this.at] as number;
    if (code === QUOTE) return this.#string();
    if (code <= NINE) return this.#number(code);
    if (code === LOWER_T) return this.skip(TRUE) ? true : undefined;
    if (code === LOWER_F) return this.skip(FALSE) ? false : undefined;
    if (code === LOWER_N) return this.skip(NULL) ? null : undefined;
    if (code === OPEN_BRACKET) return this.#array();
    return code === OPEN_BRACE ? this.#nested() : undefined;
  }

  #string(): unknown {
    const bytes = this.#bytes;
    const start = this.at + 1;
    let end = start;
    for (;;) {
      const code = bytes[end] as number;
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#parse(this.#stringEnd(end));
      if (code < SPACE) return undefined;
      end++;
    }
    this.at = end + 1;
    return this.#text.slice(start - this.#base, end - this.#base);
  }

  /** Exact where the digits are few: both they and the power of ten are integers of a double, and IEEE 754 divides correctly. */
  #number(first: number): unknown {
    const bytes = this.#bytes;
    const start = first === MINUS ? this.at + 1 : this.at;
    let at = start;
    let digits = 0;
    let code = bytes[at] as number;
    for (; code >= ZERO && code <= NINE; code = bytes[++at] as number) digits = digits * 10 + code - ZERO;
    const whole = at - start;
    let decimals = 0;
    if (code === POINT) {
      code = bytes[++at] as number;
      for (; code >= ZERO && code <= NINE; code = bytes[++at] as number) digits = digits * 10 + code - ZERO;
      decimals = at - start - whole - 1;
      if (decimals === 0) return undefined;
    }
    if (whole === 0 || (whole > 1 && bytes[start] === ZERO)) return undefined;
    if (whole + decimals > EXACT_DIGITS || (code | LOWER_CASE) === LOWER_E) return this.#parse(this.#numberEnd(at));
    this.at = at;
    const size = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] as number);
    return first === MINUS ? -size : size;
  }

  #array(): unknown {
    const bytes = this.#bytes;
    const start = this.at++;
    const values: unknown[] = [];
    if (bytes[this.at] === CLOSE_BRACKET) {
      this.at++;
      return values;
    }
    for (;;) {
      if (bytes[this.at] === OPEN_BRACE) {
        this.at = start;
        return this.#nested();
      }
      const value = this.read();
      if (value === undefined) return undefined;
      values.push(value);
      const code = bytes[this.at++];
      if (code === CLOSE_BRACKET) return values;
      if (code !== COMMA) return undefined;
      if (bytes[this.at] === SPACE) this.at++;
    }
  }

  /** An object that no template knows: one in an array, or where another line has none. */
  #nested(): unknown {
    const bytes = this.#bytes;
    let depth = 0;
    for (let at = this.at; at < this.#last; at++) {
      const code = bytes[at] as number;
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
    const bytes = this.#bytes;
    for (let end = at; end < this.#last; end++) {
      const code = bytes[end] as number;
      if (code === QUOTE) return end + 1;
      if (code < SPACE) return -1;
      // What is escaped is no end of the string, but a line feed is that of the line.
      if (code === BACKSLASH && (bytes[++end] as number) < SPACE) return -1;
    }
    return -1;
  }

  #numberEnd(at: number): number {
    const bytes = this.#bytes;
    for (let end = at; end < this.#last; end++) {
      const code = bytes[end] as number;
      const belongs = code >= ZERO ? code <= NINE || (code | LOWER_CASE) === LOWER_E : code === POINT || isSign(code);
      if (!belongs) return end;
    }
    return this.#last;
  }

  /** @throws {SyntaxError} when that is no value */
  #parse(end: number): unknown {
    if (end === -1) return undefined;
    const token = this.#text.slice(this.at - this.#base, end - this.#base);
    this.at = end;
    return parseJson(token);
  }
}

function isSign(code: number): boolean {
  return code === PLUS || code === MINUS;
}
