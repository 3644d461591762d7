/**
 * Compressed files that can be read at any position of what is in them: those that have many members, or one that is short. A member
 * is what can be decompressed by itself: a block of BGZF, a frame of zstd, all that gzip has written to a file.
 */

/** Of gzip only BGZF has members that say how long they are. */
export type MemberCompression = "gzip" | "zstd";

/** Where members begin: of a large file, some of them. Those between two are found by their heads. */
export interface MemberIndex {
  readonly compression: MemberCompression;
  /** Positions in the file, the first member's first. */
  readonly at: readonly number[];
  /** The position of each of what is in the file. */
  readonly inside: readonly number[];
  /** Where the last member ends in the file. */
  readonly end: number;
  /** Where all of the file is one member, which is decompressed as a whole: bytes of what is in it. */
  readonly size?: number | undefined;
}
