/**
 * The memory that WebAssembly reads records in, and what stands there: the words that it shares with JavaScript. It is both TypeScript
 * and AssemblyScript.
 *
 * In the first words is what came of a pass: where it has stopped, and how many records have been read; then words that are the
 * reader's own. Then a word for each record; then a slot for each value that is wanted, record after record, and behind those slots the elements of arrays;
 * then what is the reader's own; then the text.
 */

export const STOPPED_AT = 0;
export const RECORD_COUNT = 4;

export const MOST_RECORDS = 4096;
export const MOST_SLOTS = 8192;
export const MOST_ELEMENTS = 8192;
export const ALL_SLOTS = 16384;

/** The first 128 bits of powers of a fifth, from 1 to 18: the upper half first, 16 bytes each. */
export const FIFTHS = 1536;
export const MOST_FIFTHS = 18;

export const RECORDS = 2048;
/** Of each slot, where the value begins; or what it is, where that says all. */
export const PLACES = 18432;
/** Where it ends, times eight, and its kind; or an integer. */
export const ENDS = 83968;
export const NUMBERS = 149504;
export const OWN = 280576;
export const OWN_BYTES = 262144;
export const TEXT = 542720;
export const TEXT_BYTES = 131072;
/** Behind the text stands what ends a record; what is loaded at once may be longer. */
export const SLACK_BYTES = 64;
/** Strings that have been read before, in sets of four: their bytes, up to 15, and in the last byte their length. */
export const STRINGS = 673792;
export const MOST_STRINGS = 16384;
/** Those that have come with the record that is being read. */
export const NEW_STRINGS = 935936;
/** Strings that do not stand in the text as they are; as many bytes as there are of text. */
export const COPIES = 983040;

/** Of integers that are no objects in any engine. */
export const MOST_INTEGER = 0x3fffffff;

/** What stands for a place: the end says which integer. */
export const INTEGER = -1;
/** What stands for a place: the double has a slot of its own. */
export const DOUBLE = -2;
export const IS_TRUE = -3;
export const IS_FALSE = -4;
export const IS_NULL = -5;
/** Behind the last element of an array. */
export const NO_MORE = -6;
/** From here on down: the string that has that place among those that have been read before. */
export const KNOWN_STRING = -16;
/** From here on down: one that takes that place. The end says where it begins, times 16, and its length. */
export const NEW_STRING = -65536;

/** Kinds of what has a place. ASCII and WIDE: it is a string as it stands there. */
export const ASCII = 0;
export const WIDE = 1;
/** It is left to JavaScript. */
export const WRITTEN = 2;
export const WRITTEN_IN_ASCII = 3;
/** The place is the slot of its first element; among elements, these follow. */
export const ARRAY = 4;
/** It is a string among COPIES; its place is counted from TEXT on, too. */
export const COPY = 5;
export const COPY_IN_ASCII = 6;
export const KIND_BITS = 3;

/** How many strings of a field have been looked for among those that have been read before, and how many of them were there. */
export const LOOKS = 0;
export const HITS = 4;
/** In the place of the number of looks: none is looked for, or there were so few hits that it is not worth it. */
export const NO_LOOKS = -1;
