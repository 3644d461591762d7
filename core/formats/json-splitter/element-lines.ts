/** The lines that a scanner makes of elements on its way: a worker then needs no second look at them. */
import type { MadeLines } from "../codec.ts";

const FIRST_BYTES = 32 * 1024;
/** More than any window of whole records, but for one long record: that is looked at again. */
const MOST_BYTES = 1024 * 1024;

export class ElementLines {
  #buffer = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #lineEnds = 0;
  #isPlain = true;

  /**
   * @param lines copied: elements behind which line feeds stand
   * @param lineEnds of what they have been made of
   */
  add(lines: Uint8Array, lineEnds: number): void {
    this.#lineEnds += lineEnds;
    const length = this.#length + lines.length;
    if (length > MOST_BYTES) this.spoil();
    if (!this.#isPlain) return;
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(lines, this.#length);
    this.#length = length;
  }

  /** There is something else than elements with commas between them. */
  spoil(): void {
    this.#isPlain = false;
  }

  /** What has been added since the last call; undefined where that is not all. The bytes are there until something is added. */
  take(): MadeLines | undefined {
    const bytes = this.#buffer.subarray(0, this.#length);
    const lines = this.#isPlain ? { bytes, lineEnds: this.#lineEnds } : undefined;
    this.#length = 0;
    this.#lineEnds = 0;
    this.#isPlain = true;
    return lines;
  }

  #grow(length: number): void {
    const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
    buffer.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = buffer;
  }
}
