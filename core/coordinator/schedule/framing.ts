/** Where records end in the pieces of a stream: behind a byte, or where a scanner says so. */
import { indexInPieces } from "../../bytes.ts";
import type { Scanner } from "../../formats/format.ts";

export interface Framing {
  /**
   * Looks at the next piece. `offset` is that of its first byte.
   * @returns the index behind the last record that ends in it, or -1
   */
  append(piece: Uint8Array, offset: number): number;
  /** Where the first record ends that ends at `border` or behind it, in pieces that have been appended; -1 when it has not come. */
  endFrom(pieces: readonly Uint8Array[], border: number, offset: number): number;
  /** In the middle of a record that is not wanted: the index behind its end in a piece, or -1. */
  skip(piece: Uint8Array): number;
  /** Line ends among bytes of a record that is not wanted; undefined where a record has no more than its own. */
  readonly lineEndsIn?: (bytes: Uint8Array) => number;
}

/** One byte ends a record, wherever it stands. */
export function separatedBy(separator: number): Framing {
  return {
    append: (piece) => piece.lastIndexOf(separator) + 1 || -1,
    endFrom: (pieces, border) => indexInPieces(pieces, separator, border - 1) + 1 || -1,
    skip: (piece) => piece.indexOf(separator) + 1 || -1,
  };
}

/**
 * A scanner tells where records end: the stream begins with one.
 * @param lineEnd the byte that ends a line, of which a record may have many
 */
export function scannedBy(scanner: Scanner, lineEnd?: number): Framing {
  /** Offsets behind records that have ended and may still be asked for. */
  let ends: number[] = [];
  return {
    append(piece, offset) {
      let last = -1;
      for (let at = 0; ; ) {
        const end = scanner.next(piece, at, piece.length, 0);
        if (end === -1) return last;
        ends.push(offset + end);
        last = end;
        at = end;
      }
    },
    endFrom(_, border, offset) {
      const found = ends.findIndex((end) => end >= offset + border);
      if (found === -1) return -1;
      ends = ends.slice(found);
      return (ends[0] as number) - offset;
    },
    skip: (piece) => scanner.next(piece, 0, piece.length, 0),
    ...(lineEnd === undefined ? {} : { lineEndsIn: (bytes) => countOf(bytes, lineEnd) }),
  };
}

function countOf(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}
