/**
 * Finding where CSV records begin: one pass forwards from a known beginning, with one bit of state, inside of quotes or not.
 *
 * Quotes come in runs. A run counts if the state is "inside", or if a delimiter or a line end stands before it: elsewhere a
 * quote is a character like any other (`5" pipe`). Each quote of a run that counts flips the state. A record ends with a line
 * end outside. Nothing is guessed: the state is known at every byte.
 */
import { type CsvDialect, LINE_FEED, QUOTE } from "./dialect.ts";

/** Bytes without a quote after which one is searched for: where there are many quotes, looking at each byte is quicker. */
const PATIENCE = 24;

export class CsvScanner {
  readonly #delimiter: number;
  readonly #lineEnd: number;
  readonly #quotes: boolean;
  #inside = false;
  #counts = false;
  #before: number;
  /** Where the next quote is in the bytes that were looked at last. */
  #seen: Uint8Array | undefined;
  #seenFrom = 0;
  #quote = 0;

  /** The first byte that it is given begins a record. */
  constructor({ delimiter, lineEnd, quotes }: Pick<CsvDialect, "delimiter" | "lineEnd" | "quotes">) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#lineEnd = lineEnd;
    this.#quotes = quotes;
    this.#before = lineEnd;
  }

  /**
   * Looks at bytes [from, to). Stops behind the first record that ends at or behind `least`.
   * @returns the index behind that record, or -1 when none has ended there before `to`
   */
  next(bytes: Uint8Array, from: number, to: number, least: number): number {
    const lineEnd = this.#lineEnd;
    if (!this.#quotes) {
      const found = bytes.indexOf(lineEnd, Math.max(from, least - 1));
      return found === -1 || found >= to ? -1 : found + 1;
    }
    const delimiter = this.#delimiter;
    let inside = this.#inside;
    let counts = this.#counts;
    let before = this.#before;
    let at = from;
    // Where no quote is near, the next one and the line end are found by the runtime, ten times as fast.
    let patience = PATIENCE;
    while (at < to) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        if (before !== QUOTE) counts = inside || before === delimiter || before === lineEnd;
        if (counts) inside = !inside;
        patience = PATIENCE;
      } else if (inside) {
        patience = PATIENCE;
      } else if (byte === lineEnd && at + 1 >= least) {
        this.#inside = false;
        this.#before = lineEnd;
        return at + 1;
      } else if (--patience === 0) {
        const quote = Math.min(to, this.#quoteFrom(bytes, at));
        const end = bytes.indexOf(lineEnd, Math.max(at, least - 1));
        if (end !== -1 && end < quote) {
          this.#inside = false;
          this.#before = lineEnd;
          return end + 1;
        }
        at = quote;
        before = bytes[at - 1] as number;
        patience = PATIENCE;
        continue;
      }
      before = byte;
      at++;
    }
    this.#inside = inside;
    this.#counts = counts;
    this.#before = before;
    return -1;
  }

  /** The next quote, or infinity. It is searched once for all records before it. */
  #quoteFrom(bytes: Uint8Array, at: number): number {
    if (this.#seen !== bytes || at > this.#quote || at < this.#seenFrom) {
      const found = bytes.indexOf(QUOTE, at);
      this.#seen = bytes;
      this.#seenFrom = at;
      this.#quote = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#quote;
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
