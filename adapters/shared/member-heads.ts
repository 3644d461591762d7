/** What the heads of members say: how long a member is, and how long what is in it. Nothing is decompressed. */
import type { OutputCompression } from "../../core/platform/runtime.ts";

export interface Member {
  /** Bytes in the file. */
  readonly length: number;
  /** Bytes of what is in it. */
  readonly size: number;
}

/**
 * Looks at the member that begins at an index.
 * @returns a number where its head is not there yet, or (unless readers skip it) its end: how many bytes it takes; undefined
 * where it is no member, or one that is not to be read by itself
 */
type MeasureMember = (bytes: Uint8Array, at: number) => Member | number | undefined;

/** Longer members are not read by themselves: a batch that begins in one decompresses all of it. */
const MOST_SIZE = 4 * 1024 * 1024;
/** No member of that size is longer, unless it is made of empty blocks. */
export const MOST_LENGTH = MOST_SIZE + 64 * 1024;

export const MEASURE: Readonly<Record<OutputCompression, MeasureMember>> = { gzip: measureBlock, zstd: measureFrame };

const GZIP_HEAD_BYTES = 12;
const GZIP_TAIL_BYTES = 8;
const EXTRA = 4;
/** More than the extra field: a name, a comment, a sum of the head. */
const OTHER_FLAGS = 0b11010;
const MOST_BLOCK_SIZE = 64 * 1024;

/** A block of BGZF (SAM specification, 4.1): a member of gzip with an extra field that has its length. */
function measureBlock(bytes: Uint8Array, at: number): Member | number | undefined {
  const left = bytes.length - at;
  if (left < GZIP_HEAD_BYTES) return GZIP_HEAD_BYTES;
  const flags = bytes[at + 3] as number;
  if (number(bytes, at, 3) !== 0x088b1f || (flags & EXTRA) === 0) return undefined;
  const head = GZIP_HEAD_BYTES + number(bytes, at + 10, 2);
  if (left < head) return head;
  const length = blockLength(bytes, at + GZIP_HEAD_BYTES, at + head);
  if (length === undefined || length < head + 2 + GZIP_TAIL_BYTES) return undefined;
  if (left < length) return length;
  const size = number(bytes, at + length - 4, 4);
  if (size === 0) return isEmptyBlock(bytes, at, { head, length, flags }) ? { length, size } : undefined;
  return size > MOST_BLOCK_SIZE ? undefined : { length, size };
}

/** By the field BC among the extra ones, which stand between two indexes. */
export function blockLength(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start; at + 4 <= end; ) {
    const length = number(bytes, at + 2, 2);
    if (bytes[at] === 0x42 && bytes[at + 1] === 0x43 && length === 2 && at + 6 <= end)
      return number(bytes, at + 4, 2) + 1;
    at += 4 + length;
  }
  return undefined;
}

/** What has no size is never decompressed: it must have nothing in it. */
function isEmptyBlock(
  bytes: Uint8Array,
  at: number,
  { head, length, flags }: { readonly head: number; readonly length: number; readonly flags: number },
): boolean {
  return (flags & OTHER_FLAGS) === 0 && length === head + 2 + GZIP_TAIL_BYTES && number(bytes, at + head, 2) === 3;
}

const MOST_BLOCK_OF_FRAME = 128 * 1024;
const RUN_LENGTH = 1;
const RESERVED = 3;

/** What the head of a frame of zstd says. */
export interface FrameHead {
  /** Where its first block begins. */
  readonly length: number;
  readonly size: number;
  /** Bytes behind its last block. */
  readonly tail: number;
}

/** A frame of zstd (RFC 8878, 3.1), or one that readers skip. */
function measureFrame(bytes: Uint8Array, at: number): Member | number | undefined {
  const left = bytes.length - at;
  if (left < SKIPPED_HEAD_BYTES) return SKIPPED_HEAD_BYTES;
  if (isSkipped(number(bytes, at, 4))) return { length: SKIPPED_HEAD_BYTES + number(bytes, at + 4, 4), size: 0 };
  const frame = frameHead(bytes, at);
  if (typeof frame !== "object") return frame;
  const { length: head, size, tail } = frame;
  if (size > MOST_SIZE) return undefined;
  const end = blocksEnd(bytes.subarray(at), head);
  if (end === undefined || end < 0) return end && -end;
  const length = end + tail;
  // What has no size is never decompressed: its only block must be empty.
  if (size === 0 && (end !== head + 3 || bytes[at + head] !== 1)) return undefined;
  return left < length ? length : { length, size };
}

/** Of a frame that readers skip: its magic, and how much is in it. */
export const SKIPPED_HEAD_BYTES = 8;

export function isSkipped(magic: number): boolean {
  return magic - (magic % 16) === 0x184d2a50;
}

/** A number where it takes more bytes to tell; undefined where it is none, or does not say how much is in it. */
export function frameHead(bytes: Uint8Array, at: number): FrameHead | number | undefined {
  const left = bytes.length - at;
  if (left < 8) return 8;
  if (number(bytes, at, 4) !== 0xfd2fb528) return undefined;
  const descriptor = bytes[at + 4] as number;
  // A bit is reserved, and a dictionary is wanted.
  if ((descriptor & 0b1011) !== 0) return undefined;
  const isSingle = (descriptor & 0b100000) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag > 0 ? 2 ** sizeFlag : isSingle ? 1 : 0;
  if (sizeBytes === 0) return undefined;
  const sizeAt = isSingle ? 5 : 6;
  const length = sizeAt + sizeBytes;
  if (left < length) return length;
  const size = number(bytes, at + sizeAt, sizeBytes) + (sizeFlag === 1 ? 256 : 0);
  return { length, size, tail: (descriptor & 0b100) === 0 ? 0 : 4 };
}

/** Behind the last block of a frame; negative where it takes more bytes to tell; undefined where there is no such block. */
function blocksEnd(bytes: Uint8Array, first: number): number | undefined {
  for (let at = first; ; ) {
    if (bytes.length < at + BLOCK_HEAD_BYTES) return -(at + BLOCK_HEAD_BYTES);
    const block = blockOf(bytes, at);
    if (block === undefined) return undefined;
    at += block.length;
    if (block.isLast) return at;
  }
}

export const BLOCK_HEAD_BYTES = 3;

/** The block of a frame that begins at an index, by its head. */
export function blockOf(
  bytes: Uint8Array,
  at: number,
): { readonly length: number; readonly isLast: boolean } | undefined {
  const head = number(bytes, at, BLOCK_HEAD_BYTES);
  const type = (head >> 1) & 3;
  const size = head >> 3;
  if (type === RESERVED || size > MOST_BLOCK_OF_FRAME) return undefined;
  return { length: BLOCK_HEAD_BYTES + (type === RUN_LENGTH ? 1 : size), isLast: (head & 1) === 1 };
}

/** Little-endian; of eight bytes as far as a double holds it. */
export function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}
