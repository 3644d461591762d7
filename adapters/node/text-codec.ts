/** Strings and bytes on Node: Buffer. */
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { bufferText } from "../shared/buffer-codec.ts";
import { copyString } from "../shared/detach-string.ts";

export const nodeText: TextCodec = { ...bufferText, copy: copyString };
