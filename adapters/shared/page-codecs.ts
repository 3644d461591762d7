/** Decompressing pages of Parquet, with what the runtime has. */
import type { DecompressPage, PageCodecs } from "../../core/platform/runtime.ts";

type Decompress = (bytes: Uint8Array, options?: object) => Uint8Array;

export async function pageCodecs(): Promise<PageCodecs> {
  // By property: Node 20 has no zstd, and a named import of it would not link there.
  const { gunzipSync, brotliDecompressSync, zstdDecompressSync } = (await import("node:zlib")) as unknown as {
    readonly gunzipSync: Decompress;
    readonly brotliDecompressSync: Decompress;
    readonly zstdDecompressSync?: Decompress;
  };
  const codecs: PageCodecs = { GZIP: bounded(gunzipSync), BROTLI: bounded(brotliDecompressSync) };
  return zstdDecompressSync === undefined ? codecs : { ...codecs, ZSTD: bounded(zstdDecompressSync) };
}

/** Of what is damaged no more comes out than should. */
function bounded(decompress: Decompress): DecompressPage {
  return (bytes, length) => decompress(bytes, { maxOutputLength: Math.max(1, length) });
}
