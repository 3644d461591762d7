/** Strings and bytes on Deno: TextEncoder and TextDecoder, which are native there. */
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { copyString } from "../shared/detach-string.ts";

const encoder = new TextEncoder();
// A byte order mark is ours to see.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/** Texts that are taken for what the last one was, not ASCII, without a look. */
const WIDE_RUN = 16;
let wideLeft = 0;
let narrowed = new Uint8Array(4 * 1024);
const QUESTION_MARK = 63;

/**
 * What TextDecoder calls latin1 is windows-1252, which takes six times as long and makes strings of two bytes a character. Bytes that
 * are ASCII, or have been made so, are UTF-8, too, and decoded at the speed of a copy.
 */
function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  const part = bytes.subarray(start, end);
  if (wideLeft === 0) {
    const text = decoder.decode(part);
    // No character has less than a byte: each has one.
    if (text.length === part.length) return text;
    wideLeft = WIDE_RUN;
  }
  wideLeft--;
  if (narrowed.length < part.length) narrowed = new Uint8Array(part.length);
  for (let i = 0; i < part.length; i++) narrowed[i] = (part[i] as number) < 0x80 ? (part[i] as number) : QUESTION_MARK;
  return decoder.decode(narrowed.subarray(0, part.length));
}

export const denoText: TextCodec = {
  decode: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)),
  asciiOf,
  isUtf8(bytes, start, end) {
    try {
      strictDecoder.decode(bytes.subarray(start, end));
      return true;
    } catch {
      return false;
    }
  },
  byteLength: (text) => utf8Length(text),
  encode: (text) => encoder.encode(text),
  encodeInto: (text, target, at) => encoder.encodeInto(text, at === 0 ? target : target.subarray(at)).written,
  indexOf: (bytes, byte, from) => bytes.indexOf(byte, from),
  copy: copyString,
};

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      // A pair of units makes four bytes.
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}
