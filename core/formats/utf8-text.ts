import type { TextCodec } from "../platform/text-codec.ts";

/** The text of these bytes; undefined where they are not UTF-8. */
export function utf8Text(bytes: Uint8Array, text: TextCodec): string | undefined {
  const decoded = text.decode(bytes, 0, bytes.length);
  // U+FFFD is where invalid bytes show: looking for it is far cheaper than looking at all bytes once more.
  return decoded.includes("\ufffd") && !text.isUtf8(bytes, 0, bytes.length) ? undefined : decoded;
}
