/**
 * What the reader of CSV has of its own in the memory of ../slots/layout.ts. A record's word is where it begins in the text. It is
 * both TypeScript and AssemblyScript.
 */

/** How the source is written: bytes, and NO_BYTE where there is none of its kind. */
export const DELIMITER = 16;
export const LINE_END = 20;
export const QUOTES = 24;
export const COMMENT = 28;
export const NO_BYTE = 256;
/** Whether fields without quotes may be numbers and words (1), or all of them are text (0). */
export const IS_TYPED = 32;
export const COLUMN_COUNT = 36;
export const SLOT_COUNT = 40;
/** Of the text: whether it has bytes that are not ASCII (1), and how many lines end in it. */
export const IS_WIDE = 44;
export const LINE_ENDS = 48;

/** Of the search for a record's end, from one part of the text to the next: whether it is in quotes, the run counts, the byte before. */
export const INSIDE = 52;
export const COUNTS = 56;
export const BEFORE = 60;

/** Behind OWN, for each column: whether it is wanted, and what has been looked for among known strings, or NO_LOOKS. */
export const COLUMN_IS_WANTED = 0;
export const COLUMN_STRINGS = 4;
export const COLUMN_BYTES = 16;
export const MOST_COLUMNS = 1000;
/** Behind OWN, for each record: where it ends; where it is left to JavaScript, that and the sign bit. */
export const ROW_ENDS = 16384;
