/** A compressed file of many members, read at positions of what is in it: only the members are decompressed that are wanted. */
import type { MemberIndex } from "../../core/platform/member-index.ts";
import type { InputFile, OpenMembers } from "../../core/platform/runtime.ts";
import { type Decompress, decompressor } from "./decompressor.ts";
import type { Member } from "./member-heads.ts";
import { MemberScan } from "./member-scan.ts";
import { free, openOneMember } from "./one-member.ts";

export const openMembers: OpenMembers = (file, index) => {
  if (index.size !== undefined) return openOneMember(file, index);
  const members = new MemberFile(file, index);
  return { ...file, read: (...args) => members.read(...args) };
};

/** A reader goes back to where its last record began: as many bytes stay decompressed, and what was made last in any case. */
const KEPT_BYTES = 512 * 1024;
const LEAST_KEPT = 2;
/** Members of gzip that follow each other are decompressed together, up to this size. */
const MOST_AT_ONCE = 256 * 1024;

interface Content {
  /** Where it stands of what is in the file. */
  readonly inside: number;
  readonly bytes: Uint8Array;
}

class MemberFile {
  readonly #index: MemberIndex;
  readonly #scan: MemberScan;
  #decompress: Decompress | undefined;
  readonly #kept: Content[] = [];
  #keptBytes = 0;
  /** The member that follows those that were looked at last. */
  #next = { at: 0, inside: Number.POSITIVE_INFINITY };

  constructor(file: InputFile, index: MemberIndex) {
    this.#index = index;
    this.#scan = new MemberScan(file.read, index.compression, index.end);
  }

  read(target: Uint8Array, at: number, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const content = this.#tryContent(position + done, position + length, done > 0);
      if (content === undefined) break;
      const from = position + done - content.inside;
      const part = content.bytes.subarray(from, from + length - done);
      target.set(part, at + done);
      done += part.length;
    }
    return done;
  }

  /** What stands before a member that is damaged can be read. */
  #tryContent(position: number, end: number, hasRead: boolean): Content | undefined {
    try {
      return this.#contentAt(position, end);
    } catch (error) {
      if (hasRead) return undefined;
      throw error;
    }
  }

  /** What is in the member that has a position, and in those behind it up to `end`; undefined where there is no more. */
  #contentAt(position: number, end: number): Content | undefined {
    const kept = this.#kept.find(({ inside, bytes }) => inside <= position && position < inside + bytes.length);
    if (kept !== undefined) return kept;
    this.#goBefore(position);
    for (;;) {
      const { at, inside } = this.#next;
      if (at >= this.#index.end) return undefined;
      const member = this.#scan.memberAt(at);
      if (member === undefined) throw this.#damaged(at, "it is not what it was when the job started");
      this.#next = { at: at + member.length, inside: inside + member.size };
      if (position < inside + member.size)
        return this.#keep({ inside, bytes: this.#decompressed(at, member, end - inside) });
    }
  }

  /** To the last member that is known to begin at a position or before it. */
  #goBefore(position: number): void {
    const { at, inside } = this.#index;
    let [low, high] = [0, inside.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((inside[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    const mark = inside[low] as number;
    if (this.#next.inside < mark || this.#next.inside > position) this.#next = { at: at[low] as number, inside: mark };
  }

  /** Of as many members as are wanted, or, where one of them is damaged, of the first alone. */
  #decompressed(at: number, first: Member, wanted: number): Uint8Array {
    const run = this.#runFrom(at, first, Math.min(wanted, MOST_AT_ONCE));
    if (run.length > first.length) {
      const bytes = this.#contentOf(at, run);
      if (typeof bytes !== "string") {
        this.#next = { at: at + run.length, inside: this.#next.inside + run.size - first.size };
        return bytes;
      }
    }
    const bytes = this.#contentOf(at, first);
    if (typeof bytes === "string") throw this.#damaged(at, bytes);
    return bytes;
  }

  #runFrom(at: number, { length, size }: Member, wanted: number): Member {
    const run = { length, size };
    // Frames of zstd can only be had one by one: Node and Deno lose all but the first.
    while (this.#index.compression === "gzip" && run.size < wanted) {
      const next = this.#scan.memberInMemory(at + run.length);
      if (next === undefined) break;
      run.length += next.length;
      run.size += next.size;
    }
    return run;
  }

  /** The bytes, or what is wrong with them. */
  #contentOf(at: number, { length, size }: Member): Uint8Array | string {
    this.#decompress ??= decompressor(this.#index.compression);
    try {
      // With room for more than there should be it is made in one piece.
      const options = { chunkSize: Math.max(64, size + 1), maxOutputLength: size };
      const bytes = this.#decompress(this.#scan.bytesOf(at, length), options);
      return bytes.length === size ? bytes : `it has ${bytes.length} bytes, and says ${size}`;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === "ERR_BUFFER_TOO_LARGE" ? "it is longer than it says" : message;
    }
  }

  #keep(content: Content): Content {
    this.#kept.push(content);
    this.#keptBytes += content.bytes.length;
    while (this.#kept.length > LEAST_KEPT && this.#keptBytes > KEPT_BYTES) {
      const { bytes } = this.#kept.shift() as Content;
      this.#keptBytes -= bytes.length;
      free(bytes);
    }
    return content;
  }

  #damaged(at: number, reason: string): Error {
    const { compression } = this.#index;
    return new Error(`its ${compression} data is damaged (${reason}), in the part that begins at byte ${at} of it`);
  }
}
