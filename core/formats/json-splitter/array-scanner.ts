/** Where the elements of top-level arrays end: what goes ahead of the workers, and in a worker before its own look at them. */
import type { Scanner } from "../format.ts";
import type { ElementLines } from "./element-lines.ts";
import type { SplitterBegin } from "./splitter.ts";
import { ValueText } from "./through-value.ts";

export const COMMA = 44;
export const CLOSE_ARRAY = 93;
const BACKSLASH = 92;
const QUOTE = 34;
const OPEN_ARRAY = 91;
const OPEN_OBJECT = 123;
const WHITE_SPACE: readonly number[] = [32, 9, 10, 13];
/** An element may go on for as long behind the place up to which one is looked for. */
const LIKELY_REST_BYTES = 1024;

/**
 * A record ends behind the comma behind it, or behind the array. A value that stands in no array ends where it does, or with the
 * blank behind it, and never behind a comma: so the byte before a record tells whether it is an element.
 */
export class ArrayScanner implements Scanner {
  readonly #text = new ValueText();
  readonly #lines: ElementLines | undefined;
  #inArray: boolean;
  /** Of a value that is in no array. */
  #inString = false;
  #escaped = false;
  /** What is no string and has no brackets: it ends with the next blank. */
  #inWord = false;
  #hasEnded = false;
  #open: Scanner["open"];

  /**
   * @param inArray whether the first byte stands in an array, where an element may begin
   * @param lines where what is passed is kept as lines
   */
  constructor(inArray: boolean, lines?: ElementLines) {
    this.#inArray = inArray;
    this.#lines = lines;
  }

  get open(): Scanner["open"] {
    return this.#open;
  }

  next(bytes: Uint8Array, from: number, to: number, least: number): number {
    let end = -1;
    const look = (part: Uint8Array, partAt: number) => {
      const found = this.#inPart(part, least - from - partAt);
      this.#open = this.#whatIsOpen();
      this.#lines?.add(found === -1 ? part : part.subarray(0, found), this.#text.lineEnds());
      if (found === -1) return false;
      end = from + partAt + found;
      return true;
    };
    this.#text.each(bytes.subarray(from, to), look, Math.max(0, least - from) + LIKELY_REST_BYTES);
    return end;
  }

  #inPart(bytes: Uint8Array, least: number): number {
    for (let at = 0; at < bytes.length; ) {
      if (!this.#inArray) {
        this.#lines?.spoil();
        at = this.#outside(bytes, at);
        if (this.#hasEnded && at >= least) return at;
      } else {
        const found = this.#text.throughElements(bytes, at, least);
        const isEmpty = found.stop === "at an empty comma";
        at = isEmpty ? found.at + 1 : found.at;
        if (isEmpty || found.stop === "behind the array") this.#lines?.spoil();
        if (found.stop === "behind the array") {
          this.#leave();
          if (at >= least) return at;
        } else if (found.stop === "behind a comma" || (isEmpty && at >= least)) return at;
      }
    }
    return -1;
  }

  #leave(): void {
    this.#inArray = false;
    this.#text.beginElement();
  }

  /** Values that stand in no array, and what is between arrays. Gives the index behind what has been looked at. */
  #outside(bytes: Uint8Array, at: number): number {
    if (this.#text.isInside) {
      const end = this.#text.through(bytes, at);
      this.#hasEnded = !this.#text.isInside;
      return end;
    }
    const byte = bytes[at] as number;
    this.#hasEnded = this.#inString ? this.#endsString(byte) : this.#inWord && isBlank(byte);
    if (this.#hasEnded) this.#inString = this.#inWord = false;
    else if (!this.#inString && !isBlank(byte)) this.#begin(byte);
    return at + 1;
  }

  #endsString(byte: number): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else return byte === QUOTE;
    return false;
  }

  #begin(byte: number): void {
    this.#inWord = false;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_OBJECT) this.#text.enter();
    else if (byte === OPEN_ARRAY) {
      this.#inArray = true;
      this.#text.beginElement();
    } else this.#inWord = true;
  }

  #whatIsOpen(): Scanner["open"] {
    if (!this.#inArray) return this.#inString || this.#text.isInside ? "record" : undefined;
    return this.#text.isInside || this.#text.hasContent ? "record" : "all";
  }
}

/** An element begins behind a comma, or behind the bracket: what begins elsewhere is a value of its own. */
export function beginBehind(before: number | undefined): SplitterBegin {
  return before === COMMA ? "comma" : before === OPEN_ARRAY ? "bracket" : "outside";
}

export function isBlank(byte: number): boolean {
  return WHITE_SPACE.includes(byte);
}
