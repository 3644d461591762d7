/** Finding where CSV records begin (scanner.ts) by WebAssembly (assembly/record-end.ts), a piece at a time. */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Scanner } from "../format.ts";
import { WORTH_BYTES } from "../web-assembly.ts";
import type { Borders } from "./dialect.ts";
import { BEFORE, COUNTS, INSIDE } from "./layout.ts";
import { QuoteSearch } from "./quote-search.ts";
import { hasRowMemory, type RowMemory, rowMemory, setDialect } from "./row-memory.ts";
import { CsvScanner } from "./scanner.ts";

const PIECE_BYTES = 64 * 1024;
/** What is looked at behind the place from which on a record may end: few are longer. */
const RECORD_BYTES = 1024;

/** @param worthBytes for which WebAssembly is loaded: it is there for fewer, too, once it has been */
export function createCsvScanner(
  borders: Borders,
  codec: Pick<TextCodec, "indexOf">,
  worthBytes: number = WORTH_BYTES,
): Scanner {
  const isPlain = borders.quotes && borders.comment === undefined && borders.trim !== true;
  return isPlain ? new PieceScanner(borders, codec, worthBytes) : new CsvScanner(borders, codec);
}

class PieceScanner implements Scanner {
  readonly #borders: Borders;
  readonly #indexOf: TextCodec["indexOf"];
  readonly #search: QuoteSearch;
  readonly #worthBytes: number;
  /** For pieces that are short. Its state is ours. */
  readonly #byByte: CsvScanner;

  constructor(borders: Borders, codec: Pick<TextCodec, "indexOf">, worthBytes: number) {
    this.#borders = borders;
    this.#indexOf = codec.indexOf;
    this.#search = new QuoteSearch(codec.indexOf);
    this.#worthBytes = worthBytes;
    this.#byByte = new CsvScanner(borders, codec);
  }

  next(bytes: Uint8Array, from: number, to: number, least: number): number {
    const memory = to - from >= this.#worthBytes || hasRowMemory() ? rowMemory() : undefined;
    if (memory === undefined) return this.#byByte.next(bytes, from, to, least);
    const { lineEnd } = this.#borders;
    const { state } = this.#byByte;
    for (let at = from; at < to; ) {
      if (!state.inside) {
        const quote = Math.min(to, this.#search.from(bytes, at));
        const end = this.#indexOf(bytes, lineEnd, Math.max(at, least - 1));
        if (end !== -1 && end < quote) {
          state.before = lineEnd;
          return end + 1;
        }
        if (quote > at) state.before = bytes[quote - 1] as number;
        at = quote;
      }
      const stop = Math.min(to, at + PIECE_BYTES, Math.max(at, least) + RECORD_BYTES);
      const found = this.#nextIn(bytes.subarray(at, stop), least - at, memory);
      if (found !== -1) return at + found;
      at = stop;
    }
    return -1;
  }

  #nextIn(piece: Uint8Array, least: number, memory: RowMemory): number {
    const { words, exports } = memory;
    const { state } = this.#byByte;
    setDialect(memory, this.#borders);
    words[INSIDE >> 2] = state.inside ? 1 : 0;
    words[COUNTS >> 2] = state.counts ? 1 : 0;
    words[BEFORE >> 2] = state.before;
    memory.setText(piece, this.#borders.lineEnd);
    const found = exports.recordEnd(piece.length, least);
    state.inside = words[INSIDE >> 2] === 1;
    state.counts = words[COUNTS >> 2] === 1;
    state.before = words[BEFORE >> 2] as number;
    return found;
  }
}
