/**
 * Finding where CSV records begin: one pass forwards from a known beginning, with one bit of state, inside of quotes or not.
 *
 * Quotes come in runs. A run counts if the state is "inside", or if a delimiter or a line end stands before it: elsewhere a
 * quote is a character like any other (`5" pipe`). Each quote of a run that counts flips the state. A record ends with a line
 * end outside. Nothing is guessed: the state is known at every byte.
 */
import { LINE_FEED, QUOTE } from "./dialect.ts";

export class CsvScanner {
  readonly #delimiter: number;
  readonly #lineEnd: number;
  #inside = false;
  #counts = false;
  #before: number;

  /** The first byte that it is given begins a record. */
  constructor(delimiter: string, lineEnd: number) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#lineEnd = lineEnd;
    this.#before = lineEnd;
  }

  /**
   * Looks at bytes [from, to). Stops behind the first record that ends at or behind `least`.
   * @returns the index behind that record, or -1 when none has ended there before `to`
   */
  next(bytes: Uint8Array, from: number, to: number, least: number): number {
    const lineEnd = this.#lineEnd;
    const delimiter = this.#delimiter;
    let inside = this.#inside;
    let counts = this.#counts;
    let before = this.#before;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        if (before !== QUOTE) counts = inside || before === delimiter || before === lineEnd;
        if (counts) inside = !inside;
      } else if (byte === lineEnd && !inside && at + 1 >= least) {
        this.#inside = false;
        this.#before = lineEnd;
        return at + 1;
      }
      before = byte;
    }
    this.#inside = inside;
    this.#counts = counts;
    this.#before = before;
    return -1;
  }

  /** Whether the last byte stands inside of quotes. */
  get inside(): boolean {
    return this.#inside;
  }
}

/** How many line feeds (or returns, in a file without those) there are in a part of a text. */
export function countLines(text: string, lineEnd: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf(lineEnd, from); at !== -1 && at < to; at = text.indexOf(lineEnd, at + 1)) lines++;
  return lines;
}

/** Whether bytes [from, to) are a line with nothing in it. */
export function isEmptyLine(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== LINE_FEED && bytes[at] !== 13) return false;
  return true;
}
