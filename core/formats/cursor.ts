/**
 * Cursors: from a chunk's text (or numbers, or bytes) to one record after the other.
 *
 * `advance` moves to the next record, `read` makes it. The two are apart so that a failure in `read` belongs to a record
 * whose place is already known. No object is made per record but the record itself.
 */

import type { Dialect, FormatName } from "./format.ts";

export interface Cursor {
  /** Moves to the next record; false at the end. */
  advance(): boolean;
  /** The record at the cursor. Throws what the format's parser throws. */
  read(): unknown;
  /** The record's byte offset in the source that is being read, also of one that comes from another. */
  offset(): number;
  /** The line of this chunk on which the record begins, from 1; behind the last record the number of the chunk's lines. */
  line(): number;
  /** Lines that end before its offset, where more of them end before it: an offset may be that of blanks before the record. */
  lineEndsBefore?(): number;
  /** The record as it stood in the input, for the errors file. */
  raw(): string;
  /** Asked of a record that cannot be read: whether it is a line with nothing in it, which is no record. Where it is not there: never. */
  isBlank?(): boolean;
  /** Where the record comes from, when that is not the source that is being read. */
  origin?(): Origin | undefined;
  /** Of a record that is a file: what reads it, also when the cursor has moved on. */
  content?(): FileContent;
  /** Where its beginning says that: how the source is written. */
  readonly dialect?: Dialect;
}

export interface FileContent {
  read(): Uint8Array;
  text(): string;
}

export interface Origin {
  readonly source: string;
  /** The number of that source in its job, on which `ctx.random` depends; older errors files do not have it. */
  readonly sourceIndex?: number | undefined;
  /** Its byte offset there, where that is not the cursor's. */
  readonly offset?: number;
  readonly line: number;
  /** The format that the record was read in, whether what is kept of it is base64, and whether it is only the beginning. */
  readonly from: FormatName;
  readonly base64?: boolean;
  readonly cut?: boolean;
  /** Where its beginning says that: how the source is written. */
  readonly dialect?: Dialect;
}
