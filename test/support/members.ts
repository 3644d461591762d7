/** Compressed files of many members, cut where a test wants them. */
import * as zlib from "node:zlib";
import type { InputFile } from "../../core/platform/runtime.ts";

const { zstdCompressSync } = zlib as { readonly zstdCompressSync?: (bytes: Uint8Array, options?: object) => Buffer };

/** Whether the runtime has zstd: Node 20 does not. */
export const hasZstd = zstdCompressSync !== undefined;

/** A block of BGZF. @param extra other fields that stand before its length */
export function block(content: Uint8Array, extra = Buffer.alloc(0)): Buffer {
  const rest = zlib.gzipSync(content).subarray(10);
  const head = Buffer.alloc(18 + extra.length);
  head.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff]);
  head.writeUInt16LE(6 + extra.length, 10);
  head.set(extra, 12);
  head.set([0x42, 0x43, 2, 0], 12 + extra.length);
  head.writeUInt16LE(head.length + rest.length - 1, 16 + extra.length);
  return Buffer.concat([head, rest]);
}

/** What bgzip writes at the end: a block with nothing in it. */
export const END_BLOCK = Buffer.from("1f8b08040000000000ff0600424302001b0003000000000000000000", "hex");

/** A frame of zstd that says its size, with a sum as the program zstd writes it. */
export function frame(content: Uint8Array, params: Readonly<Record<number, number>> = WITH_SUM): Buffer {
  if (zstdCompressSync === undefined) throw new Error("this runtime has no zstd");
  // In one piece: where one has just been filled, runtimes add a frame with nothing in it.
  const chunkSize = content.length + 1024;
  return Buffer.from(zstdCompressSync(content, { pledgedSrcSize: content.length, chunkSize, params }));
}

const WITH_SUM = { [zlib.constants.ZSTD_c_checksumFlag]: 1 };

/** One that readers pass by. */
export function skippable(length: number): Buffer {
  const bytes = Buffer.alloc(8 + length, 7);
  bytes.writeUInt32LE(0x184d2a53, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

/** A file in blocks of BGZF of this size. */
export function bgzf(content: string | Uint8Array, size: number): Buffer {
  return Buffer.concat([...pieces(content, size).map((piece) => block(piece)), END_BLOCK]);
}

export function zstdFrames(content: string | Uint8Array, size: number): Buffer {
  return Buffer.concat(pieces(content, size).map((piece) => frame(piece)));
}

function pieces(content: string | Uint8Array, size: number): Uint8Array[] {
  const bytes = Buffer.from(content as Uint8Array);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size));
  return found;
}

/** Where the blocks of a BGZF file begin, and behind the last. */
export function blockStarts(file: Buffer): number[] {
  const starts = [0];
  for (let at = 0; at < file.length; starts.push(at)) at += file.readUInt16LE(at + 16) + 1;
  return starts;
}

/** So many bytes from a position on, as far as there are any. */
export function readAt(file: InputFile, position: number, length: number): Buffer {
  const target = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = file.read(target, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return target.subarray(0, done);
}
