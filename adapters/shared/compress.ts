/** Compressing a part of an output, with what the runtime has. */
import { JobError } from "../../core/errors.ts";
import type { OutputCompression } from "../../core/platform/runtime.ts";

type Compress = (bytes: Uint8Array, options?: object) => Uint8Array;

/** @throws {JobError} where the runtime cannot */
export async function compress(
  compression: OutputCompression,
  bytes: Uint8Array,
  blockBytes: number,
): Promise<Uint8Array[]> {
  // By property: Node 20 has no zstd, and a named import of it would not link there.
  const { gzipSync, zstdCompressSync, constants } = (await import("node:zlib")) as unknown as {
    readonly gzipSync: Compress;
    readonly zstdCompressSync?: Compress;
    readonly constants: Readonly<Record<string, number>>;
  };
  if (compression === "zstd" && zstdCompressSync === undefined) throw new JobError(NO_ZSTD);
  // As the program zstd does it: damage is found by readers. Without the name there is no zstd either.
  const params = { [constants.ZSTD_c_checksumFlag ?? 0]: 1 };
  const packed: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    packed.push(
      compression === "gzip"
        ? bgzfBlock(block, gzipSync)
        : (zstdCompressSync as Compress)(block, { ...pledge(block), params }),
    );
  }
  return packed;
}

export const NO_ZSTD = "Cannot write zstd: this runtime has none\nWrite .gz, or use Node 22.15 or later, Deno or Bun";

/** Whether the runtime that we are on can write zstd. */
export async function hasZstd(): Promise<boolean> {
  return "zstdCompressSync" in (await import("node:zlib"));
}

/** The length of its content is in the head of a frame. */
function pledge({ length }: Uint8Array): object {
  return { pledgedSrcSize: length };
}

const GZIP_HEAD_BYTES = 10;
const MOST_BYTES = 0x10000;

/**
 * A member of gzip with its own length in its head, as bgzip writes it (SAM specification, 4.1): a reader can pass by it, or
 * begin at it.
 */
function bgzfBlock(bytes: Uint8Array, gzip: Compress): Uint8Array {
  let member = gzip(bytes, { level: 6 });
  // What cannot be compressed is stored.
  if (member.length + 8 > MOST_BYTES) member = gzip(bytes, { level: 0 });
  const rest = member.subarray(GZIP_HEAD_BYTES);
  const block = new Uint8Array(18 + rest.length);
  const last = block.length - 1;
  block.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, last & 0xff, last >> 8]);
  block.set(rest, 18);
  return block;
}
