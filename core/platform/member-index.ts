/**
 * Compressed files that can be read at any position of what is in them: those that have many members. A member is what can be
 * decompressed by itself: a block of BGZF, a frame of zstd.
 */
import type { InputFile, OutputCompression } from "./runtime.ts";

/** Where members begin: of a large file, some of them. Those between two are found by their heads. */
export interface MemberIndex {
  readonly compression: OutputCompression;
  /** Positions in the file, the first member's first. */
  readonly at: readonly number[];
  /** The position of each of what is in the file. */
  readonly inside: readonly number[];
  /** Where the last member ends in the file. */
  readonly end: number;
}

/** Opens a compressed file as what is in it. Its `read` throws for a member that is damaged, with its place in the file. */
export type OpenMembers = (file: InputFile, index: MemberIndex) => InputFile;
