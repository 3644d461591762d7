import type { TextCodec } from "../../platform/text-codec.ts";
import { QUOTE } from "./dialect.ts";

/** Where the next quote is. It is searched once for all records before it. */
export class QuoteSearch {
  readonly #indexOf: TextCodec["indexOf"];
  #bytes: Uint8Array | undefined;
  #seenFrom = 0;
  #quote = 0;

  constructor(indexOf: TextCodec["indexOf"]) {
    this.#indexOf = indexOf;
  }

  /** The next quote, or infinity. */
  from(bytes: Uint8Array, at: number): number {
    if (this.#bytes !== bytes || at > this.#quote || at < this.#seenFrom) {
      const found = this.#indexOf(bytes, QUOTE, at);
      this.#bytes = bytes;
      this.#seenFrom = at;
      this.#quote = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#quote;
  }
}
