/** Where the elements of top-level arrays end: what goes ahead of the workers, and in a worker before its own look at them. */
import type { Scanner } from "../format.ts";
import type { ElementLines } from "./element-lines.ts";
import { ValueText } from "./through-value.ts";

const BACKSLASH = 92;
const QUOTE = 34;
const OPEN_ARRAY = 91;
const OPEN_OBJECT = 123;
/** An element may go on for as long behind the place up to which one is looked for. */
const LIKELY_REST_BYTES = 1024;

/** A record ends behind the comma behind it. What is no element of an array belongs to the record before it. */
export class ArrayScanner implements Scanner {
  readonly #text = new ValueText();
  readonly #lines: ElementLines | undefined;
  #inArray: boolean;
  /** Of a value that is in no array. */
  #inString = false;
  #escaped = false;
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
      } else {
        const found = this.#text.throughElements(bytes, at, least);
        const isEmpty = found.stop === "at an empty comma";
        at = isEmpty ? found.at + 1 : found.at;
        if (isEmpty || found.stop === "behind the array") this.#lines?.spoil();
        if (found.stop === "behind the array") this.#leave();
        else if (found.stop === "behind a comma" || (isEmpty && at >= least)) return at;
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
    if (this.#text.isInside) return this.#text.through(bytes, at);
    const byte = bytes[at] as number;
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_OBJECT) this.#text.enter();
    else if (byte === OPEN_ARRAY) {
      this.#inArray = true;
      this.#text.beginElement();
    }
    return at + 1;
  }

  #whatIsOpen(): Scanner["open"] {
    if (!this.#inArray) return this.#inString || this.#text.isInside ? "record" : undefined;
    return this.#text.isInside || this.#text.hasContent ? "record" : "all";
  }
}
