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
import type { Scanner } from "../format.ts";
import { codeOf, isBlank, NONE } from "./characters.ts";
import { type Borders, QUOTE } from "./dialect.ts";
import { QuoteSearch } from "./quote-search.ts";

/** Bytes without a quote after which one is searched for: where there are many quotes, looking at each byte is quicker. */
const PATIENCE = 24;

/** What has to be known of the bytes before: whether they end in quotes, whether the last run of quotes counts, the last byte. */
export interface ScanState {
  inside: boolean;
  counts: boolean;
  before: number;
}

export class CsvScanner implements Scanner {
  readonly state: ScanState;
  readonly #delimiter: number;
  readonly #lineEnd: number;
  readonly #quotes: boolean;
  readonly #comment: number;
  readonly #trims: boolean;
  /** In a line that is passed by. */
  #inComment = false;
  readonly #search: QuoteSearch;
  readonly #indexOf: TextCodec["indexOf"];

  /** The first byte that it is given begins a record. */
  constructor({ delimiter, lineEnd, quotes, comment, trim }: Borders, { indexOf }: Pick<TextCodec, "indexOf">) {
    this.#indexOf = indexOf;
    this.#search = new QuoteSearch(indexOf);
    this.state = { inside: false, counts: false, before: lineEnd };
    this.#delimiter = delimiter.charCodeAt(0);
    this.#lineEnd = lineEnd;
    this.#quotes = quotes;
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
    let { inside, counts, before } = this.state;
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
        this.state.inside = false;
        this.state.before = lineEnd;
        return at + 1;
      } else if (byte === comment && before === lineEnd) {
        at = this.#endOfComment(bytes, at, to);
        if (this.#inComment) return -1;
        continue;
      } else if (--patience === 0) {
        const quote = Math.min(to, this.#search.from(bytes, at));
        const end = this.#indexOf(bytes, lineEnd, Math.max(at, least - 1));
        if (end !== -1 && end < quote) {
          this.state.inside = false;
          this.state.before = lineEnd;
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
    this.state.inside = inside;
    this.state.counts = counts;
    this.state.before = before;
    return -1;
  }

  /** Where the line ends that is passed by: at its line end, or at `to` when that has not come. */
  #endOfComment(bytes: Uint8Array, at: number, to: number): number {
    const end = this.#indexOf(bytes, this.#lineEnd, at);
    this.#inComment = end === -1 || end >= to;
    this.state.inside = false;
    return this.#inComment ? to : end;
  }
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
