/** A compressed file that is one member, read at positions of what is in it: all of it is decompressed at once, or its beginning. */
import type { MemberIndex } from "../../core/platform/member-index.ts";
import type { InputFile } from "../../core/platform/runtime.ts";
import { type Decompress, decompressor } from "./decompressor.ts";

/** Up to here the beginning is decompressed without the rest: the coordinator looks at it, and a chunk of a reduce may end in it. */
const MOST_OF_HEAD = 512 * 1024;
/** So much more of it than is asked for: readers look ahead for the end of a record. */
const AHEAD_BYTES = 64 * 1024;
const SURPLUS_BYTES = 16 * 1024;

const NONE = new Uint8Array(0);

export function openOneMember(file: InputFile, index: MemberIndex): InputFile {
  const member = new OneMember(file, index);
  return {
    ...file,
    read: (...args) => member.read(...args),
    prepare: (end) => member.prepare(end),
    damage: () => member.damage(),
    close: () => {
      member.clear();
      file.close();
    },
  };
}

class OneMember {
  readonly #file: InputFile;
  readonly #index: MemberIndex;
  readonly #size: number;
  /** What has been decompressed: all of it, or its beginning. */
  #content: Uint8Array = NONE;
  #isWhole = false;
  /** What is wrong with it, behind the content. */
  #damage: string | undefined;

  constructor(file: InputFile, index: MemberIndex) {
    this.#file = file;
    this.#index = index;
    this.#size = index.size ?? 0;
  }

  read(target: Uint8Array, at: number, length: number, position: number): number {
    const end = Math.min(position + length, this.#size);
    if (end <= position) return 0;
    this.#decompress(end);
    if (position >= this.#content.length) throw new Error(`its ${this.#damage}`);
    const part = this.#content.subarray(position, end);
    target.set(part, at);
    return part.length;
  }

  /** What is wanted to read records up to a position. */
  prepare(end: number): void {
    this.#decompress(Math.min(end + AHEAD_BYTES, this.#size));
  }

  damage(): string | undefined {
    if (!this.#isWhole) this.#makeWhole();
    return this.#damage;
  }

  #decompress(wanted: number): void {
    if (this.#isWhole || wanted <= this.#content.length) return;
    const head = wanted <= MOST_OF_HEAD ? this.#head(wanted) : undefined;
    if (head !== undefined) this.#content = head;
    else this.#makeWhole();
  }

  clear(): void {
    free(this.#content);
    this.#content = NONE;
  }

  /** As many bytes at least; undefined where they cannot be had without the rest, or are most of it. */
  #head(wanted: number): Uint8Array | undefined {
    const { at, end, compression } = this.#index;
    const start = at[0] as number;
    // How much that takes is guessed by how much the whole does.
    const length = Math.ceil((1.5 * wanted * (end - start)) / this.#size) + SURPLUS_BYTES;
    if (compression !== "gzip" || 2 * length > end - start) return undefined;
    const head = beginningOf(decompressor(compression), this.#packed(start, start + length));
    return head !== undefined && head.length >= wanted ? head : undefined;
  }

  #makeWhole(): void {
    const { at, end, compression } = this.#index;
    const { content, damage } = contentOf(this.#packed(at[0] as number, end), this.#index, this.#size);
    this.#content = content;
    this.#isWhole = true;
    if (damage !== undefined) this.#damage = `${compression} data ${damage}`;
  }

  #packed(start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - start);
    for (let filled = 0; filled < bytes.length; ) {
      const count = this.#file.read(bytes, filled, bytes.length - filled, start + filled);
      if (count === 0) return bytes.subarray(0, filled);
      filled += count;
    }
    return bytes;
  }
}

/** What there is of the content, and what is wrong behind it. */
function contentOf(
  packed: Uint8Array,
  { compression }: MemberIndex,
  size: number,
): { readonly content: Uint8Array; readonly damage?: string } {
  const decompress = decompressor(compression);
  try {
    // With room for more than there should be it is made in one piece.
    const content = decompress(packed, { chunkSize: Math.max(64, size + 1), maxOutputLength: size });
    if (content.length === size) return { content };
    return { content, damage: `is damaged (it has ${content.length} bytes, and says ${size})` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isCut = code === "Z_BUF_ERROR" || /unexpected end|premature|truncated/i.test(message);
    const what = code === "ERR_BUFFER_TOO_LARGE" ? `it is longer than ${size} bytes, which it says` : message.trim();
    const { content, fed } = compression === "gzip" ? soundPart(decompress, packed, size) : { content: NONE, fed: 0 };
    return { content, damage: `${isCut ? "ends too early" : `is damaged (${what})`}, after ${fed} bytes of it` };
  }
}

/** What stands before the damage. Where it is nothing tells; so beginnings are tried, each half as far from it as the one before. */
function soundPart(
  decompress: Decompress,
  packed: Uint8Array,
  size: number,
): { readonly content: Uint8Array; readonly fed: number } {
  let content: Uint8Array = NONE;
  let [low, high] = [0, packed.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const found = beginningOf(decompress, packed.subarray(0, middle), size);
    if (found === undefined) high = middle - 1;
    else [low, content] = [middle, found];
  }
  // A size that is wrong is told behind all but the last byte that it allows.
  return { content: content.subarray(0, size - 1), fed: low };
}

/** What the first bytes of a member of gzip give; undefined where they are damaged, or give more than `most`. */
function beginningOf(decompress: Decompress, packed: Uint8Array, most?: number): Uint8Array | undefined {
  const { Z_SYNC_FLUSH } = process.getBuiltinModule("node:zlib").constants;
  try {
    return decompress(packed, { finishFlush: Z_SYNC_FLUSH, ...(most === undefined ? {} : { maxOutputLength: most }) });
  } catch {
    return undefined;
  }
}

/**
 * At once, where the runtime can: V8 lets a hundred megabytes of such bytes come together before it looks for them. Not where they
 * may be a part of what others have: runtimes give out small buffers as parts of a larger one, at most half of it.
 */
export function free({ buffer, length }: Uint8Array): void {
  if (buffer.byteLength < 2 * length) (buffer as { transfer?: (length: number) => unknown }).transfer?.(0);
}
