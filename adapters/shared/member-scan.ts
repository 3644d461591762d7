/** Members of a compressed file, one after the other: the file is read in large pieces, and only their heads are looked at. */
import type { InputFile, OutputCompression } from "../../core/platform/runtime.ts";
import { MEASURE, type Member, MOST_LENGTH } from "./member-heads.ts";

/** Bytes that are read at once. */
const READ_BYTES = 256 * 1024;

export class MemberScan {
  readonly #read: InputFile["read"];
  readonly #compression: OutputCompression;
  readonly #end: number;
  #buffer = new Uint8Array(0);
  /** What is in memory, from `#base` on. */
  #bytes = new Uint8Array(0);
  #base = 0;

  /** @param end where the last member ends in the file */
  constructor(read: InputFile["read"], compression: OutputCompression, end: number) {
    this.#read = read;
    this.#compression = compression;
    this.#end = end;
  }

  /** The member that begins at a position; undefined where there is none that can be read by itself. */
  memberAt(at: number): Member | undefined {
    for (let need = 1; need <= MOST_LENGTH && this.#load(at, need); ) {
      const found = MEASURE[this.#compression](this.#bytes, at - this.#base);
      if (typeof found !== "number") return found !== undefined && at + found.length <= this.#end ? found : undefined;
      need = found;
    }
    return undefined;
  }

  /** The same, where it is in memory. */
  memberInMemory(at: number): Member | undefined {
    if (at < this.#base || at >= this.#base + this.#bytes.length) return undefined;
    const found = MEASURE[this.#compression](this.#bytes, at - this.#base);
    return typeof found === "number" ? undefined : found;
  }

  /** Bytes of members that have been looked at last; valid until others are. */
  bytesOf(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at - this.#base, at - this.#base + length);
  }

  /** Makes sure that this number of bytes is in memory, if the file has them. */
  #load(at: number, need: number): boolean {
    const end = this.#base + this.#bytes.length;
    if (at >= this.#base && at + need <= end) return true;
    const wanted = Math.min(Math.max(need, READ_BYTES), this.#end - at);
    if (wanted < need) return false;
    const rest = at >= this.#base && at < end ? this.#bytes.subarray(at - this.#base) : new Uint8Array(0);
    if (this.#buffer.length < wanted) this.#buffer = grown(rest, wanted);
    else this.#buffer.set(rest);
    let filled = rest.length;
    while (filled < wanted) {
      const count = this.#read(this.#buffer, filled, wanted - filled, at + filled);
      if (count === 0) break;
      filled += count;
    }
    this.#base = at;
    this.#bytes = this.#buffer.subarray(0, filled);
    return filled >= need;
  }
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}
