/**
 * What core needs to turn bytes into strings and back. Each runtime has its own fastest way, so it is an argument.
 * All of it is UTF-8; `start` and `end` are byte positions, `end` exclusive.
 */
export interface TextCodec {
  /** Bytes that are not UTF-8 become U+FFFD. A byte order mark is kept. */
  decode(bytes: Uint8Array, start: number, end: number): string;
  /** A character for each byte: of an ASCII byte its own, of another one any that is no line feed. */
  asciiOf(bytes: Uint8Array, start: number, end: number): string;
  /** Whether the bytes are valid UTF-8. */
  isUtf8(bytes: Uint8Array, start: number, end: number): boolean;
  byteLength(text: string): number;
  encode(text: string): Uint8Array;
  /** Writes `text` at `at` and returns the number of bytes written; the caller has made room. */
  encodeInto(text: string, target: Uint8Array, at: number): number;
  /** Position of the first `byte` at or after `from`, or -1. */
  indexOf(bytes: Uint8Array, byte: number, from: number): number;
  /** Copies a string that shares memory with a longer one (V8's sliced strings keep the parent alive and hash more slowly). */
  copy?(text: string): string;
  /**
   * The values of JSON lines, where the runtime has a parser for many at once; undefined where something else is among
   * them. It may leave out empty lines, and take a value that has several lines: then there are fewer values than lines.
   */
  parseLines?(bytes: Uint8Array): unknown[] | undefined;
}
