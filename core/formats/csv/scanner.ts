/**
 * Finding where CSV records begin: one pass forwards from a known beginning, with one bit of state, inside of quotes or not.
 *
 * Quotes come in runs. A run counts if the state is "inside", or if a delimiter or a line end stands before it: elsewhere a
 * quote is a character like any other (`5" pipe`). Each quote of a run that counts flips the state. A record ends with a line
 * end outside. Nothing is guessed: the state is known at every byte.
 *
 * With `--trim` blanks between a delimiter and a quote do not count. With `--comment` a line that begins with that character is
 * passed by, quotes or not; it ends like a record, and the cursor leaves it out.
 */
import type { TextCodec } from "../../platform/text-codec.ts";
import { CARRIAGE_RETURN, type CsvDialect, LINE_FEED, QUOTE, SPACE, TAB } from "./dialect.ts";

/** What of a dialect says where records end. */
export type Borders = Pick<CsvDialect, "delimiter" | "lineEnd" | "quotes" | "comment" | "trim">;

/** Bytes without a quote after which one is searched for: where there are many quotes, looking at each byte is quicker. */
const PATIENCE = 24;

export class CsvScanner {
  readonly #delimiter: number;
  readonly #lineEnd: number;
  readonly #quotes: boolean;
  readonly #comment: number;
  readonly #trims: boolean;
  #inside = false;
  /** In a line that is passed by. */
  #inComment = false;
  #counts = false;
  #before: number;
  /** Where the next quote is in the bytes that were looked at last. */
  #seen: Uint8Array | undefined;
  #seenFrom = 0;
  #quote = 0;

  readonly #indexOf: TextCodec["indexOf"];

  /** The first byte that it is given begins a record. */
  constructor({ delimiter, lineEnd, quotes, comment, trim }: Borders, { indexOf }: Pick<TextCodec, "indexOf">) {
    this.#indexOf = indexOf;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#lineEnd = lineEnd;
    this.#quotes = quotes;
    this.#before = lineEnd;
    this.#comment = codeOf(comment);
    this.#trims = trim === true;
  }

  /**
   * Looks at bytes [from, to). Stops behind the first record that ends at or behind `least`.
   * @returns the index behind that record, or -1 when none has ended there before `to`
   */
  next(bytes: Uint8Array, from: number, to: number, least: number): number {
    const lineEnd = this.#lineEnd;
    if (!this.#quotes) {
      const found = this.#indexOf(bytes, lineEnd, Math.max(from, least - 1));
      return found === -1 || found >= to ? -1 : found + 1;
    }
    const delimiter = this.#delimiter;
    const comment = this.#comment;
    const trims = this.#trims;
    let inside = this.#inside;
    let counts = this.#counts;
    let before = this.#before;
    let at = from;
    if (this.#inComment) {
      at = this.#endOfComment(bytes, at, to);
      if (this.#inComment) return -1;
    }
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
      } else if (byte === comment && before === lineEnd) {
        at = this.#endOfComment(bytes, at, to);
        if (this.#inComment) return -1;
        continue;
      } else if (--patience === 0) {
        const quote = Math.min(to, this.#quoteFrom(bytes, at));
        const end = this.#indexOf(bytes, lineEnd, Math.max(at, least - 1));
        if (end !== -1 && end < quote) {
          this.#inside = false;
          this.#before = lineEnd;
          return end + 1;
        }
        const jumpedFrom = at;
        // The quote may stand in a comment.
        at = comment === NONE ? quote : lineStart(bytes, at, quote, lineEnd);
        before = trims ? behindBlanks(bytes, jumpedFrom, at, { delimiter, before }) : (bytes[at - 1] as number);
        patience = PATIENCE;
        continue;
      }
      // Behind blanks a field still begins, and no line: `  #` is no comment.
      before = trims && isBlank(byte) && (before === delimiter || before === lineEnd) ? delimiter : byte;
      at++;
    }
    this.#inside = inside;
    this.#counts = counts;
    this.#before = before;
    return -1;
  }

  /** Where the line ends that is passed by: at its line end, or at `to` when that has not come. */
  #endOfComment(bytes: Uint8Array, at: number, to: number): number {
    const end = this.#indexOf(bytes, this.#lineEnd, at);
    this.#inComment = end === -1 || end >= to;
    this.#inside = false;
    return this.#inComment ? to : end;
  }

  /** The next quote, or infinity. It is searched once for all records before it. */
  #quoteFrom(bytes: Uint8Array, at: number): number {
    if (this.#seen !== bytes || at > this.#quote || at < this.#seenFrom) {
      const found = this.#indexOf(bytes, QUOTE, at);
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

/** Whether bytes [from, to) are a line with nothing in it: with `trims`, nothing but blanks. */
export function isEmptyLine(bytes: Uint8Array, from: number, to: number, trims = false): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN && !(trims && isBlank(byte))) return false;
  }
  return true;
}

export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** No byte, and no character. */
const NONE = -1;

/** The code of a character that may not be said. */
export function codeOf(character: string | undefined): number {
  return character?.charCodeAt(0) ?? NONE;
}

/** Where the line begins that `to` stands in; `to` itself when that is before `from`. */
function lineStart(bytes: Uint8Array, from: number, to: number, lineEnd: number): number {
  for (let at = to; at > from; at--) if (bytes[at - 1] === lineEnd) return at;
  return to;
}

/** The byte before `to` that is no blank; `before` when there is none from `from` on. */
function behindBlanks(
  bytes: Uint8Array,
  from: number,
  to: number,
  { delimiter, before }: { readonly delimiter: number; readonly before: number },
): number {
  let at = to - 1;
  while (at >= from && bytes[at] !== delimiter && isBlank(bytes[at] as number)) at--;
  return at < from ? before : (bytes[at] as number);
}
