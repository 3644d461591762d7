/** The bytes of an input as its file has them. */
import { gzipSync } from "node:zlib";
import { bgzf } from "../../support/members.ts";
import type { Input } from "./job.ts";

const BLOCK_BYTES = 3001;

export function packedBytes({ pieces, packed }: Input): Buffer {
  const bytes = Buffer.concat(pieces);
  switch (packed) {
    case undefined:
      return bytes;
    case "one member":
      return gzipSync(bytes);
    case "blocks":
      return bgzf(bytes, BLOCK_BYTES);
    case "two members": {
      // Anywhere: a record may stand in both.
      const first = bytes.length >> 2;
      return Buffer.concat([gzipSync(bytes.subarray(0, first)), gzipSync(bytes.subarray(first))]);
    }
  }
}
