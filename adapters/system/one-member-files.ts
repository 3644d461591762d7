/**
 * Compressed files that are one member, as gzip and zstd write them: they say at their ends how much is in them. Where that is not
 * too much, a worker decompresses all of a file, and it is read as a plain one is.
 *
 * What the ends of a file of gzip say is not all: there may be more members between them. So its bytes are searched for another
 * head, when its turn comes, before workers read it.
 */
import type { FileSource, StreamSource } from "../../core/coordinator/job/source.ts";
import type { InputFile } from "../../core/platform/runtime.ts";
import { type Decompress, decompressor } from "../shared/decompressor.ts";
import { openMembers } from "../shared/member-file.ts";
import { BLOCK_HEAD_BYTES, blockOf, frameHead, number } from "../shared/member-heads.ts";
import { openInput } from "../shared/positional-files.ts";
import type { CompressedFile } from "./compressed-ranges.ts";

/** A worker holds all of it, compressed and not. */
const MOST_SIZE = 32 * 1024 * 1024;

/** The file, if its ends say that it is one member which is not too long. */
export function oneMember(source: CompressedFile, stream: StreamSource): FileSource | undefined {
  const { path, identity, compression, start } = source;
  const end = identity.size;
  const size = sizeOf(source);
  if (size === undefined || size > MOST_SIZE) return undefined;
  const index = { compression, at: [start], inside: [0], end, size };
  const open = () => openMembers(openInput(path), index);
  const check = compression === "gzip" ? () => isAlone({ path, start, end }) : undefined;
  return {
    kind: "file",
    name: stream.name,
    path,
    begin: 0,
    end: size,
    identity,
    compressed: { index, open, stream, check },
  };
}

function sizeOf({ path, compression, start, identity }: CompressedFile): number | undefined {
  try {
    const file = openInput(path);
    try {
      return SIZE[compression](file, start, identity.size);
    } finally {
      file.close();
    }
  } catch {
    return undefined;
  }
}

const SIZE = { gzip: sizeByGzip, zstd: sizeByFrame };

const HEAD = [0x1f, 0x8b, 0x08] as const;
const HEAD_BYTES = 10;
const TAIL_BYTES = 8;
/** Blocks of BGZF have an extra field in their heads; gzip writes none. */
const EXTRA = 0b100;
const RESERVED_FLAGS = 0b11100000;
/** Deflate makes at most this of a byte. */
const MOST_OF_A_BYTE = 1032;
/** What gzip adds to bytes that cannot be compressed is less: a head with a name, and some bytes for each 16 KiB. */
const MOST_ADDED = 1024;

/** By the four bytes at its end. What they say has to be possible: there may be something else behind the member. */
function sizeByGzip(file: InputFile, start: number, end: number): number | undefined {
  const length = end - start;
  const head = bytesAt(file, start, HEAD_BYTES);
  if (length < HEAD_BYTES + TAIL_BYTES || !isHead(head, 0) || ((head[3] as number) & EXTRA) !== 0) return undefined;
  const size = number(bytesAt(file, end - 4, 4), 0, 4);
  const isPossible = size <= length * MOST_OF_A_BYTE && length <= size * 1.01 + MOST_ADDED;
  // What is empty no worker reads.
  return isPossible && (size > 0 || isEmpty(bytesAt(file, start, length))) ? size : undefined;
}

function isEmpty(bytes: Uint8Array): boolean {
  return decompressor("gzip")(bytes, {}).length === 0;
}

function isHead(bytes: Uint8Array, at: number): boolean {
  return (
    HEAD.every((byte, i) => bytes[at + i] === byte) && ((bytes[at + HEAD.length] as number) & RESERVED_FLAGS) === 0
  );
}

/** By the head of its frame, if that goes to the end of the file. */
function sizeByFrame(file: InputFile, start: number, end: number): number | undefined {
  const frame = frameHead(bytesAt(file, start, MOST_FRAME_HEAD), 0);
  if (typeof frame !== "object" || frame.size > MOST_SIZE) return undefined;
  for (let at = start + frame.length; at + BLOCK_HEAD_BYTES <= end; ) {
    const block = blockOf(bytesAt(file, at, BLOCK_HEAD_BYTES), 0);
    if (block === undefined) return undefined;
    at += block.length;
    if (block.isLast) return at + frame.tail === end ? frame.size : undefined;
  }
  return undefined;
}

const MOST_FRAME_HEAD = 14;

const PIECE_BYTES = 1024 * 1024;
/** So much of what follows a head tells whether it is one. Of bytes that are none it is found out in a few of them, mostly. */
const TELLING_BYTES = 128 * 1024;

/** A part of a file that begins with a member of gzip. */
export interface MemberRange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Whether no other member follows in the file. Never rejects: what cannot be read is told by reading it as a stream. */
export async function isAlone(range: MemberRange): Promise<boolean> {
  try {
    return !(await hasOthers(range));
  } catch {
    return false;
  }
}

async function hasOthers({ path, start, end }: MemberRange): Promise<boolean> {
  const file = openInput(path);
  try {
    const decompress = decompressor("gzip");
    for (let at = start + 1; at < end; at += PIECE_BYTES) {
      // A head may stand on the border of two pieces.
      const piece = bytesAt(file, at, Math.min(PIECE_BYTES + HEAD.length, end - at));
      if (hasMember(piece, at, file, { end, decompress })) return true;
      // Others get a turn: signals, workers that start.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return false;
  } finally {
    file.close();
  }
}

function hasMember(
  piece: Buffer,
  base: number,
  file: InputFile,
  { end, decompress }: { readonly end: number; readonly decompress: Decompress },
): boolean {
  const head = Buffer.from(HEAD);
  for (let found = piece.indexOf(head); found !== -1; found = piece.indexOf(head, found + 1)) {
    const at = base + found;
    if (isHead(piece, found) && isMember(bytesAt(file, at, Math.min(TELLING_BYTES, end - at)), decompress)) return true;
  }
  return false;
}

/** Whether these bytes can be decompressed, as far as they go. */
function isMember(bytes: Uint8Array, decompress: Decompress): boolean {
  const { Z_SYNC_FLUSH } = process.getBuiltinModule("node:zlib").constants;
  try {
    decompress(bytes, { finishFlush: Z_SYNC_FLUSH, maxOutputLength: TELLING_BYTES });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
  }
}

function bytesAt(file: InputFile, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = file.read(bytes, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
