/** The emitter of a map: prints values to the bytes of the output. */

import type { OutputCodec, TableWriter } from "../../formats/codec.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { type BatchEmitter, type Emitted, NOTHING_EMITTED } from "./emitter.ts";

/**
 * Text becomes bytes in windows of about this many characters: they are still in the cache, and the rope that `+=` has
 * made is cheap to flatten. One utf8 write a window beats one a record, and beats joining arrays (measured on all runtimes).
 */
const WINDOW_CHARACTERS = 32 * 1024;
const PIECE_BYTES = 256 * 1024;

/** Pieces that have been written and can be filled again: the garbage collector is slow to see how large they are. */
export class PiecePool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(PIECE_BYTES);
  }

  /** Only for pieces that will not be read again. */
  give(pieces: readonly Uint8Array[]): void {
    for (const { buffer } of pieces) {
      if (buffer.byteLength === PIECE_BYTES && this.#free.length < MAX_FREE_PIECES)
        this.#free.push(new Uint8Array(buffer));
    }
  }
}

/** More than the batches that a worker has at once: what is thrown away stays in memory until a full collection, 64 MB later. */
const MAX_FREE_PIECES = 64;

const NO_BYTES = new Uint8Array(0);

export class PrintEmitter implements BatchEmitter {
  readonly verb = "print";
  #out = "";
  #pieces: Uint8Array[] = [];
  #piece: Uint8Array = NO_BYTES;
  #filled = 0;
  /** Bytes of the pieces before this one. */
  #before = 0;
  readonly #print: OutputCodec["print"];
  readonly #text: TextCodec;

  readonly #pool: PiecePool;

  constructor(codec: Pick<OutputCodec, "print">, text: TextCodec, pool: PiecePool) {
    this.#print = codec.print;
    this.#text = text;
    this.#pool = pool;
  }

  emit(value: unknown): boolean {
    const printed = this.#print(value);
    if (printed === undefined) return false;
    this.#out += printed;
    if (this.#out.length > WINDOW_CHARACTERS) this.#flush();
    return true;
  }

  endChunk(): void {
    this.#flush();
  }

  mark(): () => boolean {
    this.#flush();
    const count = this.#pieces.length;
    const piece = this.#piece;
    const filled = this.#filled;
    const before = this.#before;
    return () => {
      this.#out = "";
      this.#pieces.length = count;
      this.#piece = piece;
      this.#filled = filled;
      this.#before = before;
      return true;
    };
  }

  /** How much has been printed so far, but for the text of the last window. */
  get bytes(): number {
    return this.#before + this.#filled;
  }

  finish(): Emitted {
    return { ...NOTHING_EMITTED, output: this.takePieces() };
  }

  /** The bytes printed so far. The emitter gives them away. */
  takePieces(): Uint8Array[] {
    this.#flush();
    const pieces = this.#pieces;
    if (this.#filled > 0) pieces.push(this.#piece.subarray(0, this.#filled));
    this.#pieces = [];
    this.#piece = NO_BYTES;
    this.#filled = 0;
    this.#before = 0;
    return pieces;
  }

  #flush(): void {
    if (this.#out === "") return;
    // A UTF-16 unit takes at most three bytes.
    const most = this.#out.length * 3;
    if (this.#piece.length - this.#filled < most) this.#endPiece(Math.max(PIECE_BYTES, most));
    this.#filled += this.#text.encodeInto(this.#out, this.#piece, this.#filled);
    this.#out = "";
  }

  #endPiece(nextBytes: number): void {
    if (this.#filled > 0) this.#pieces.push(this.#piece.subarray(0, this.#filled));
    this.#before += this.#filled;
    this.#piece = nextBytes === PIECE_BYTES ? this.#pool.take() : new Uint8Array(nextBytes);
    this.#filled = 0;
  }
}

/** Passes records on as they stand in the input: numbers that a double cannot hold, and spaces, stay. */
export class RawEmitter extends PrintEmitter {
  #cursor: { raw(): string } | undefined;

  /** @param trims where the white space around a record is not its own */
  constructor(codec: OutputCodec, text: TextCodec, { pool, trims }: { pool: PiecePool; trims: boolean }) {
    const raw = () => this.#cursor?.raw() ?? "";
    const print = trims ? () => codec.printJson(raw().trim()) : () => codec.printJson(raw());
    super({ ...codec, print }, text, pool);
  }

  reads(cursor: { raw(): string }): void {
    this.#cursor = cursor;
  }
}

/** Prints rows. A record that is taken back has not said what the columns are, either. */
export class TableEmitter extends PrintEmitter {
  readonly #writer: TableWriter;

  constructor(writer: TableWriter, text: TextCodec, pool: PiecePool) {
    super({ print: (value) => writer.print(value) }, text, pool);
    this.#writer = writer;
  }

  override mark(): () => boolean {
    const undo = super.mark();
    const forget = this.#writer.mark();
    return () => {
      forget();
      return undo();
    };
  }
}
