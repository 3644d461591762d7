/** Records that have been parsed already, many lines at once. */
import type { TextCodec } from "../platform/text-codec.ts";
import type { Cursor } from "./cursor.ts";

const LINE_FEED = 10;

/** Lines that have been parsed all at once: each of `bytes` is one value, none is empty. */
export class ParsedCursor implements Cursor {
  #index = -1;
  /** A line and the position at which it begins: places are counted on from here. */
  #knownIndex = 0;
  #knownAt = 0;

  private readonly values: unknown[];
  private readonly bytes: Uint8Array;
  private readonly base: number;
  private readonly codec: TextCodec;

  /** @param values the cursor's own from now on */
  constructor(values: unknown[], bytes: Uint8Array, base: number, codec: TextCodec) {
    this.values = values;
    this.bytes = bytes;
    this.base = base;
    this.codec = codec;
  }

  advance(): boolean {
    return ++this.#index < this.values.length;
  }

  read(): unknown {
    const value = this.values[this.#index];
    // It may be garbage before the window is: what survives a collection makes V8's young generation grow.
    this.values[this.#index] = undefined;
    return value;
  }

  offset(): number {
    return this.base + this.#start();
  }

  line(): number {
    return Math.min(this.#index + 1, this.values.length);
  }

  raw(): string {
    const start = this.#start();
    const end = this.codec.indexOf(this.bytes, LINE_FEED, start);
    return this.codec.decode(this.bytes, start, end === -1 ? this.bytes.length : end);
  }

  /** Behind the last one it is still that one's. */
  #start(): number {
    const index = Math.min(this.#index, this.values.length - 1);
    for (; this.#knownIndex < index; this.#knownIndex++) {
      this.#knownAt = this.codec.indexOf(this.bytes, LINE_FEED, this.#knownAt) + 1;
    }
    return this.#knownAt;
  }
}
