/**
 * Reading many records of CSV at once: WebAssembly (assembly/read-rows.ts) finds them, and the fields that are wanted. A record that
 * is not written as it should be, or has another number of fields than the header, is left to the parser.
 */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { FieldsSeen } from "../codec.ts";
import { LOOKS, NO_LOOKS, OWN, RECORD_COUNT, SLACK_BYTES, STOPPED_AT, TEXT_BYTES } from "../slots/layout.ts";
import { SlotValues } from "../slots/values.ts";
import { WindowText } from "../slots/window-text.ts";
import type { CsvDialect, CsvOptions } from "./dialect.ts";
import {
  COLUMN_BYTES,
  COLUMN_COUNT,
  COLUMN_IS_WANTED,
  COLUMN_STRINGS,
  IS_TYPED,
  IS_WIDE,
  LINE_ENDS,
  MOST_COLUMNS,
  ROW_ENDS,
  SLOT_COUNT,
} from "./layout.ts";
import { typed, wantedOf } from "./parser.ts";
import { createRowMaker, type RowMaker } from "./row-maker.ts";
import { type RowMemory, setDialect } from "./row-memory.ts";

/** Records that have been read: `undefined` in the place of one that is left to the parser. */
export interface Rows {
  readonly records: unknown[];
  /** Where each begins and ends, as indexes into the bytes. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Of all the bytes. */
  readonly lines: number;
}

interface Filling extends Rows {
  readonly starts: number[];
  readonly ends: number[];
}

/** Whose columns stand in the memory. */
let installed: RowReader | undefined;

/** Whether records of such a source are read so. */
export function isReadInRows({ columns, trim }: CsvDialect): boolean {
  return trim !== true && columns.length > 0 && columns.length <= MOST_COLUMNS;
}

export class RowReader {
  readonly #codec: Pick<TextCodec, "isUtf8" | "asciiOf">;
  readonly #memory: RowMemory;
  readonly #dialect: CsvDialect;
  readonly #isTyped: boolean;
  readonly #keys: ReadonlySet<string>;
  readonly #slots: ReadonlyMap<number, number>;
  readonly #window: WindowText;
  readonly #values: SlotValues;
  readonly #maker: RowMaker;
  #pieceEnd = 0;

  /** @param fields what the caller will look at; all where it is left out */
  constructor(
    codec: Pick<TextCodec, "isUtf8" | "decode" | "asciiOf">,
    memory: RowMemory,
    dialect: CsvDialect,
    options: CsvOptions,
    fields?: FieldsSeen,
  ) {
    this.#codec = codec;
    this.#memory = memory;
    this.#dialect = dialect;
    this.#isTyped = options.types === "auto";
    this.#keys = fields?.keys ?? new Set();
    const wanted = wantedOf(dialect.columns, options.columns, fields?.names);
    const columns = [...new Set(wanted.map(([, index]) => index))].sort((a, b) => a - b);
    this.#slots = new Map(columns.map((column, slot) => [column, slot]));
    this.#window = new WindowText(codec);
    this.#values = new SlotValues(codec, this.#window, memory, typed);
    this.#maker = createRowMaker(memory, {
      properties: wanted.map(([name, index]) => [name, this.#slots.get(index) as number]),
      isTyped: this.#isTyped,
      valueAt: (slot) => this.#values.at(slot),
    });
  }

  /**
   * The records of a text that has whole ones only.
   * @returns undefined when it is too long, or not UTF-8
   */
  read(bytes: Uint8Array): Rows | undefined {
    if (bytes.length > TEXT_BYTES - SLACK_BYTES) return undefined;
    const { words, exports } = this.#memory;
    this.#install();
    this.#memory.setText(bytes, this.#dialect.lineEnd);
    exports.look(bytes.length);
    if (words[IS_WIDE >> 2] === 1 && !this.#codec.isUtf8(bytes, 0, bytes.length)) return undefined;
    const isOpen = bytes.length > 0 && bytes[bytes.length - 1] !== this.#dialect.lineEnd;
    const rows: Filling = {
      records: [],
      starts: [],
      ends: [],
      lines: (words[LINE_ENDS >> 2] as number) + (isOpen ? 1 : 0),
    };
    this.#window.begin(bytes);
    this.#values.begin(bytes);
    this.#pieceEnd = 0;
    for (let at = 0; at < bytes.length; at = words[STOPPED_AT >> 2] as number) {
      exports.readRows(at, bytes.length);
      this.#take(rows, bytes);
    }
    return rows;
  }

  #take({ records, starts, ends }: Filling, bytes: Uint8Array): void {
    const { words, records: begins } = this.#memory;
    const count = words[RECORD_COUNT >> 2] as number;
    const endsAt = (OWN + ROW_ENDS) >> 2;
    const width = this.#slots.size;
    const { make, makeLong } = this.#maker;
    let slot = 0;
    for (let row = 0; row < count; row++) {
      const start = begins[row] as number;
      const end = words[endsAt + row] as number;
      starts.push(start);
      ends.push(end & LENGTH);
      if (end < 0) {
        records.push(undefined);
        continue;
      }
      if (end > this.#pieceEnd) this.#nextPiece(bytes, start, end);
      records.push(end > this.#pieceEnd ? makeLong(slot) : make(slot));
      slot += width;
    }
  }

  /** The text from a record on, unless that is a long one. */
  #nextPiece(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > MAX_PIECE_BYTES) return;
    this.#pieceEnd = Math.min(bytes.length, Math.max(end, start + PIECE_BYTES));
    this.#maker.setPiece(this.#codec.asciiOf(bytes, start, this.#pieceEnd), start);
  }

  /** Several of us share the memory, and with the search for borders what a dialect says. */
  #install(): void {
    const { words } = this.#memory;
    setDialect(this.#memory, this.#dialect);
    if (installed === this) return;
    installed = this;
    const { columns } = this.#dialect;
    words[IS_TYPED >> 2] = this.#isTyped ? 1 : 0;
    words[COLUMN_COUNT >> 2] = columns.length;
    words[SLOT_COUNT >> 2] = this.#slots.size;
    for (const [i, name] of columns.entries()) {
      const column = OWN + i * COLUMN_BYTES;
      words[(column + COLUMN_IS_WANTED) >> 2] = this.#slots.has(i) ? 1 : 0;
      words[(column + COLUMN_STRINGS + LOOKS) >> 2] = this.#keys.has(name) ? 0 : NO_LOOKS;
    }
  }
}

const LENGTH = 0x7fffffff;
/** What a script that keeps a string of a record keeps in memory. */
const PIECE_BYTES = 2 * 1024;
const MAX_PIECE_BYTES = 4 * 1024;
