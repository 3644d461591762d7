/** What characters and bytes of CSV are. */
import { CARRIAGE_RETURN, LINE_FEED, SPACE, TAB } from "./dialect.ts";

/** No byte, and no character. */
export const NONE = -1;

/** The code of a character that may not be said. */
export function codeOf(character: string | undefined): number {
  return character?.charCodeAt(0) ?? NONE;
}

export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Whether bytes [from, to) are a line with nothing in it: with `trims`, nothing but blanks. */
export function isEmptyLine(bytes: Uint8Array, from: number, to: number, trims = false): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN && !(trims && isBlank(byte))) return false;
  }
  return true;
}

/** How many line feeds (or returns, in a file without those) there are in a part of a text. */
export function countLines(text: string, lineEnd: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf(lineEnd, from); at !== -1 && at < to; at = text.indexOf(lineEnd, at + 1)) lines++;
  return lines;
}
