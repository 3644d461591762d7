/** The text of some of a window's bytes. Whether all of them are UTF-8 is found out once, where that is in doubt. */
import type { TextCodec } from "../../platform/text-codec.ts";

export class WindowText {
  readonly #codec: Pick<TextCodec, "decode" | "isUtf8">;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether all of the bytes are known to be UTF-8. */
  #checked = false;

  constructor(codec: Pick<TextCodec, "decode" | "isUtf8">) {
    this.#codec = codec;
  }

  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#checked = false;
  }

  /**
   * @param bytes what is made of the window's bytes, where it is not those themselves
   * @throws {SyntaxError} when it is not ASCII, and not all of the window's bytes are UTF-8
   */
  decode(start: number, end: number, bytes = this.#bytes): string {
    const text = this.#codec.decode(bytes, start, end);
    // Where bytes are missing in a character, each may have become one of its own.
    if (text.length !== end - start || text.includes("\ufffd")) this.checkUtf8();
    return text;
  }

  /** @throws {SyntaxError} when not all of the bytes are UTF-8 */
  checkUtf8(): void {
    if (this.#checked) return;
    if (!this.#codec.isUtf8(this.#bytes, 0, this.#bytes.length)) throw new SyntaxError("it is not UTF-8");
    this.#checked = true;
  }
}
