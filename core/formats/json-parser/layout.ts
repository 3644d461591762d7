/**
 * The memory that lines are read in, and what stands there: the words that JavaScript and WebAssembly share. It is both TypeScript
 * and AssemblyScript.
 *
 * In the first words is what came of a pass: where it has stopped, how many lines have been read, and why it has stopped. Then the
 * template of each line; then a slot for each value that is wanted, line after line, and behind those slots the elements of
 * arrays; then the tree of templates; then the text.
 */

export const STOPPED_AT = 0;
export const LINE_COUNT = 4;
export const STOP = 8;

/** There are no more lines. */
export const AT_END = 0;
/** There is no room for another line. */
export const AT_MOST = 1;
/** A line that no template fits. */
export const AT_UNKNOWN = 2;
/** A line with a template, of which a value is none. */
export const AT_ODD = 3;

export const MOST_LINES = 4096;
export const MOST_SLOTS = 8192;
export const MOST_ELEMENTS = 8192;
/** Of a line. */
export const MOST_VALUES = 256;
export const ALL_SLOTS = 16384;

/** The first 128 bits of powers of a fifth, from 1 to 18: the upper half first, 16 bytes each. */
export const FIFTHS = 1536;
export const MOST_FIFTHS = 18;

export const LINES = 2048;
/** Of each slot, where the value begins; or what it is, where that says all. */
export const PLACES = 18432;
/** Where it ends, times eight, and its kind; or an integer. */
export const ENDS = 83968;
export const NUMBERS = 149504;
export const TREE = 280576;
export const TREE_BYTES = 262144;
export const TEXT = 542720;
export const TEXT_BYTES = 131072;
/** Strings that have been read before, in sets of four: their bytes, up to 15, and in the last byte their length. */
export const STRINGS = 673792;
export const MOST_STRINGS = 16384;
/** Those that have come with the line that is being read. */
export const NEW_STRINGS = 935936;

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

/** Kinds of what has a place. ASCII and WIDE: what is between the quotes of a string without escapes. */
export const ASCII = 0;
export const WIDE = 1;
/** It is left to JSON.parse. */
export const WRITTEN = 2;
export const WRITTEN_IN_ASCII = 3;
/** The place is the slot of its first element; among elements, these follow. */
export const ARRAY = 4;
export const KIND_BITS = 3;

/**
 * A node of the tree: the address and the length of what stands before the value, the node to look at where it does not, the first of
 * those behind the value, whether the value is wanted, and the number of the template, from 1 on, where a line may end instead. Then how
 * many strings have been looked for among those that have been read before, and how many of them were there.
 */
export const NODE_TEXT = 0;
export const NODE_LENGTH = 4;
export const NODE_OTHER = 8;
export const NODE_NEXT = 12;
export const NODE_IS_WANTED = 16;
export const NODE_TEMPLATE = 20;
export const NODE_LOOKS = 24;
export const NODE_HITS = 28;
export const NODE_BYTES = 32;
/** In the place of the number of looks: there were so few hits that it is not worth it. */
export const NO_LOOKS = -1;
