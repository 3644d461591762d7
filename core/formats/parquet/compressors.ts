/** What decompresses pages: the runtime, where it can, else a library. */
import type { Compressors } from "hyparquet";
import { compressors as library } from "hyparquet-compressors";
import type { PageCodecs } from "../../platform/runtime.ts";

export function compressorsOf(native: PageCodecs): Compressors {
  const { ZSTD: zstd, ...others } = native;
  if (zstd === undefined) return { ...library, ...others };
  return {
    ...library,
    ...others,
    ZSTD(bytes, length) {
      const page = zstd(bytes, length);
      // Node and Deno give the first frame of several only.
      return page.length === length ? page : (library.ZSTD?.(bytes, length) ?? page);
    },
  };
}
