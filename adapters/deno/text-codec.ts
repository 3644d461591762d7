/** Strings and bytes on Deno: TextEncoder and TextDecoder, which are native there. */
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { copyString } from "../shared/detach-string.ts";

const encoder = new TextEncoder();
// A byte order mark is ours to see.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

export const denoText: TextCodec = {
  decode: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)),
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
