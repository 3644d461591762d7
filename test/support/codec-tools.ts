// What codecs are made with in tests that have no worker around them.
import type { CodecTools, LineCodec } from "../../core/formats/codec.ts";
import { codecNamed, inputCodec } from "../../core/formats/codecs.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";

export function codecTools(text: TextCodec): CodecTools {
  return {
    text,
    options: undefined,
    encodeBase64: (bytes) => Buffer.from(bytes).toString("base64"),
    decodeBase64: () => new Uint8Array(0),
    now: () => 0,
    fieldsFor: () => undefined,
    codecNamed,
  };
}

export function lineCodec(name: string): LineCodec {
  const codec = inputCodec(name);
  if (codec.cut !== "line") throw new Error(`${name} is not cut by lines`);
  return codec;
}
