/** What decompresses members, at once. */
import type { OutputCompression } from "../../core/platform/runtime.ts";

export type Decompress = (bytes: Uint8Array, options: object) => Uint8Array;

/** Loaded when something is decompressed: it takes up to 20 ms. By property: Node 20 has no zstd. */
export function decompressor(compression: OutputCompression): Decompress {
  const zlib = process.getBuiltinModule("node:zlib") as unknown as {
    readonly gunzipSync: Decompress;
    readonly zstdDecompressSync?: Decompress;
  };
  const found = compression === "gzip" ? zlib.gunzipSync : zlib.zstdDecompressSync;
  if (found === undefined) throw new Error(`this runtime has no ${compression}`);
  return found;
}
