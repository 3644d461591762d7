/** Columns of text that are written: what no dictionary would be made of is encoded at once, in half the time. */
import type { TextCodec } from "../../platform/text-codec.ts";

type Texts = readonly (string | null)[];

/** Values that are looked at, all over the column. */
const SAMPLE = 1000;
/** Fewer are not worth it. */
const LEAST = 100;
/** The share of them that has to be different, as hyparquet-writer has it. */
const DIFFERENT = 0.9;

/** Undefined where the same texts come again: the writer looks for them by their text. */
export function bytesOfTexts(
  texts: Texts,
  codec: Pick<TextCodec, "encode" | "encodeInto">,
): (Uint8Array | null)[] | undefined {
  if (texts.length < LEAST || !areDifferent(texts)) return undefined;
  // Nulls add nothing to it.
  const joined = texts.join("");
  const { buffer, byteOffset, length } = codec.encode(joined);
  // Not a Buffer of Node: its parts would print as JSON in another way.
  const whole = new Uint8Array(buffer, byteOffset, length);
  let at = 0;
  if (whole.length === joined.length)
    return texts.map((text) => {
      if (text === null) return null;
      const start = at;
      at += text.length;
      return whole.subarray(start, at);
    });
  return texts.map((text) => {
    if (text === null) return null;
    const start = at;
    at += codec.encodeInto(text, whole, at);
    return whole.subarray(start, at);
  });
}

function areDifferent(texts: Texts): boolean {
  const step = Math.max(1, Math.floor(texts.length / SAMPLE));
  const seen = new Set<string>();
  let looked = 0;
  for (let i = 0; i < texts.length; i += step) {
    const text = texts[i];
    if (text === null || text === undefined) continue;
    looked++;
    seen.add(text);
  }
  return seen.size > looked * DIFFERENT;
}
