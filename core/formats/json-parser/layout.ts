/**
 * What the reader of JSON lines has of its own in the memory of ../slots/layout.ts: the tree of templates. A record's word is the
 * number of its template. It is both TypeScript and AssemblyScript.
 */

/** Why a pass has stopped: there are no more lines. */
export const STOP = 8;
export const AT_END = 0;
/** There is no room for another one. */
export const AT_MOST = 1;
/** A line that no template fits. */
export const AT_UNKNOWN = 2;
/** A line with a template, of which a value is none. */
export const AT_ODD = 3;

/** Of a line. */
export const MOST_VALUES = 256;

/**
 * A node of the tree: the address and the length of what stands before the value, the node to look at where it does not, the first of
 * those behind the value, whether the value is wanted, and the number of the template, from 1 on, where a line may end instead. Then
 * what has been looked for among known strings.
 */
export const NODE_TEXT = 0;
export const NODE_LENGTH = 4;
export const NODE_OTHER = 8;
export const NODE_NEXT = 12;
export const NODE_IS_WANTED = 16;
export const NODE_TEMPLATE = 20;
export const NODE_STRINGS = 24;
export const NODE_BYTES = 32;
