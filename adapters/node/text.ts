/** Strings and bytes on Node: Buffer. */
import type { Text } from "../../core/platform/text-codec.ts";
import { bufferText } from "../buffer-text.ts";
import { copyString } from "../copy-string.ts";

export const nodeText: Text = { ...bufferText, copy: copyString };
