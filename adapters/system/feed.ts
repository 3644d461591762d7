/** The bytes of a stream, for those who read some of them before the others. */
import type { Writable } from "node:stream";

export type ReadBytes = () => Promise<Uint8Array | undefined>;

const NONE = new Uint8Array(0);

export class Feed {
  /** Bytes that it has given, and not got back. */
  bytes = 0;
  /** Why there are no more of them, when they could not be read. */
  failure: unknown;
  readonly #read: ReadBytes;
  /** The piece that it gives next, or of which it gave the last bytes. */
  #piece: Uint8Array = NONE;
  /** Of that piece. */
  #at = 0;

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** Those that it gives next, and need not be read. */
  get waiting(): Uint8Array {
    return this.#piece.subarray(this.#at);
  }

  /** @returns bytes, at least one; undefined at their end */
  async next(): Promise<Uint8Array | undefined> {
    return (await this.#fill()) ? this.#give(this.#piece.length - this.#at) : undefined;
  }

  /** @returns as many bytes; fewer at their end */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let missing = count; missing > 0 && (await this.#fill()); ) {
      const part = this.#give(Math.min(missing, this.#piece.length - this.#at));
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  /** @returns the bytes up to the first that `isLast`, and it; without such a one all of them */
  async takeThrough(isLast: (byte: number) => boolean): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    while (await this.#fill()) {
      const rest = this.waiting;
      const index = rest.findIndex(isLast);
      parts.push(this.#give(index < 0 ? rest.length : index + 1));
      if (index >= 0) break;
    }
    return Buffer.concat(parts);
  }

  /** The last bytes that it gave, at most those of the last call. */
  giveBack(count: number): void {
    this.#at -= count;
    this.bytes -= count;
  }

  /** @returns the byte that it gives next */
  async peek(): Promise<number | undefined> {
    return (await this.#fill()) ? this.#piece[this.#at] : undefined;
  }

  /** Makes as many of them wait; fewer at their end. */
  async gather(count: number): Promise<void> {
    const parts = [this.waiting];
    let missing = count - this.waiting.length;
    while (missing > 0) {
      const piece = await this.#readPiece();
      if (piece === undefined) break;
      parts.push(piece);
      missing -= piece.length;
    }
    if (parts.length > 1) [this.#piece, this.#at] = [Buffer.concat(parts), 0];
  }

  /** Writes all of them. Never rejects: what reads from the stream gets its errors. */
  async into(stream: Writable): Promise<void> {
    stream.on("error", () => {});
    try {
      for (let bytes = await this.next(); bytes !== undefined; bytes = await this.next()) {
        await written(stream, bytes);
        if (stream.destroyed) return;
      }
      stream.end();
    } catch (error) {
      stream.destroy(error as Error);
    }
  }

  async #fill(): Promise<boolean> {
    while (this.#at === this.#piece.length) {
      const piece = await this.#readPiece();
      if (piece === undefined) return false;
      [this.#piece, this.#at] = [piece, 0];
    }
    return true;
  }

  #readPiece(): Promise<Uint8Array | undefined> {
    return this.#read().catch((error: unknown) => {
      this.failure = error;
      throw error;
    });
  }

  #give(count: number): Uint8Array {
    const bytes = this.#piece.subarray(this.#at, this.#at + count);
    this.#at += count;
    this.bytes += count;
    return bytes;
  }
}

/** A stream that closes, because its reader is done or for an error, may call nothing back. */
export function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("close", done);
      resolve();
    };
    stream.on("close", done);
    stream.write(bytes, done);
  });
}
