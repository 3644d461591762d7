/** Strings and bytes on Node: Buffer. */
import type { Text } from "../../core/text.ts";
import { bufferText } from "../buffer-text.ts";
import { copyString } from "../copy-string.ts";

export const nodeText: Text = { ...bufferText, copy: copyString };
