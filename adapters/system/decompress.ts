/** Compressed inputs: found out by their name or their first bytes, and read as the stream of what is in them. */
import { extname } from "node:path";
import { JobError, UsageError } from "../../core/errors.ts";
import { isSkipped, number, SKIPPED_HEAD_BYTES } from "../shared/member-heads.ts";
import { Damage, damaged } from "./damage.ts";
import { inflated, throughProgram, unbrotlied } from "./decompressors.ts";
import { Feed, type ReadBytes } from "./feed.ts";
import { gunzipped } from "./gunzip.ts";
import { findProgram } from "./programs.ts";

/** No file has deflate alone: servers pack bodies with it. */
export type Compression = "gzip" | "deflate" | "brotli" | "zstd" | "bzip2" | "xz" | "lz4";

export const COMPRESSION_BY_EXTENSION: Readonly<Record<string, Compression>> = {
  ".gz": "gzip",
  ".bgz": "gzip",
  ".br": "brotli",
  ".zst": "zstd",
  ".bz2": "bzip2",
  ".xz": "xz",
  ".lz4": "lz4",
};

/** How each begins; brotli can begin with anything. */
const MAGIC: ReadonlyArray<readonly [compression: Compression, bytes: readonly number[]]> = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  // Its legacy format.
  ["lz4", [0x02, 0x21, 0x4c, 0x18]],
];
/** Bytes that tell, also behind the frame that pzstd begins with, which has 4 bytes in it. */
export const MAGIC_BYTES = 16;

/** A block of bzip2, or its end, follows its head: text may begin with BZh, too. */
const BZIP2_BLOCKS = ["314159265359", "177245385090"];

export function compressionOfBytes(bytes: Uint8Array): Compression | undefined {
  if (beginsSkipped(bytes)) return compressionOfBytes(behindSkipped(bytes)) ?? "zstd";
  const [found] = MAGIC.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte)) ?? [];
  if (found === "bzip2" && !BZIP2_BLOCKS.includes(hex(bytes.subarray(4, 10)))) return undefined;
  return found;
}

/** zstd and lz4 share the frames that readers skip. */
const SHARE_SKIPPED: readonly (Compression | undefined)[] = ["zstd", "lz4"];

function beginsSkipped(bytes: Uint8Array): boolean {
  return bytes.length >= SKIPPED_HEAD_BYTES && isSkipped(number(bytes, 0, 4));
}

function behindSkipped(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(SKIPPED_HEAD_BYTES + number(bytes, 4, 4));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * How a file is compressed, if it is.
 * @throws {UsageError} where its name says another thing than its bytes
 */
export function compressionOf(name: string, bytes: Uint8Array): Compression | undefined {
  const said = COMPRESSION_BY_EXTENSION[extensionOf(name)];
  const found = compressionOfBytes(bytes);
  if (said === undefined || said === "brotli" || said === found || bytes.length === 0) return found ?? said;
  if (SHARE_SKIPPED.includes(said) && beginsSkipped(bytes)) return said;
  throw new UsageError(`Cannot read "${name}": it is ${found ?? "not"} ${found === undefined ? said : ""}`.trimEnd(), {
    about: "input",
  });
}

/** The name that a file would have without its compression: it says which format is in it. */
export function nameInside(name: string): string {
  const extension = extensionOf(name);
  return extension in COMPRESSION_BY_EXTENSION ? name.slice(0, -extension.length) : name;
}

/** The end of a name that says what is in the file: in small letters, because many systems name files in capitals. */
export function extensionOf(name: string): string {
  return extname(name).toLowerCase();
}

/** gzip and brotli are the runtime's; for the others a program is needed: runtimes lack them, or lose frames of zstd. */
export const PROGRAMS: Readonly<Partial<Record<Compression, string>>> = {
  zstd: "zstd",
  bzip2: "bzip2",
  xz: "xz",
  lz4: "lz4",
};

/** @throws {UsageError} when the program that it takes is not installed */
export function checkDecompressor(name: string, compression: Compression): void {
  const program = PROGRAMS[compression];
  if (program === undefined || findProgram(program) !== undefined) return;
  throw new UsageError(
    `Cannot read "${name}": it is compressed (${compression}), and there is no "${program}" on the PATH`,
    { about: "input" },
  );
}

/**
 * Reads what is compressed in a stream.
 * @param name the input, for messages
 * @param ended aborted when no more of it is wanted
 * @returns a function that rejects with a JobError for what is damaged or cut off
 */
export function decompressed(name: string, compression: Compression, read: ReadBytes, ended?: AbortSignal): ReadBytes {
  let output: AsyncIterator<Uint8Array> | undefined;
  const feed = new Feed(read);
  return async () => {
    try {
      output ??= outputOf(name, compression, feed, ended);
      const { done, value } = await output.next();
      return done ? undefined : value;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      if (feed.failure instanceof JobError) throw feed.failure;
      const { message, at = feed.bytes } = error instanceof Damage ? error : damaged((error as Error).message);
      throw new JobError(`Cannot read "${name}": its ${compression} data ${message}, after ${at} bytes of it`, {
        about: "input",
      });
    }
  };
}

async function* outputOf(
  name: string,
  compression: Compression,
  feed: Feed,
  ended: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  // By ranges, files of no bytes have no members, and that is no damage: so it is with streams.
  if ((await feed.peek()) === undefined) return;
  const program = PROGRAMS[compression];
  if (program !== undefined) {
    checkDecompressor(name, compression);
    yield* throughProgram(findProgram(program) ?? program, feed, ended);
  } else yield* (OF_RUNTIME[compression] ?? unbrotlied)(feed);
}

const OF_RUNTIME: Readonly<Partial<Record<Compression, typeof gunzipped>>> = { gzip: gunzipped, deflate: inflated };

export interface SniffOptions {
  /** Whether it is brotli where its bytes do not tell; asked when there are some. */
  readonly isBrotli?: () => boolean;
  /** Aborted when no more of it is wanted. */
  readonly ended?: AbortSignal | undefined;
}

/** A stream that is decompressed where its first bytes say that it is compressed. */
export function sniffed(name: string, read: ReadBytes, options: SniffOptions = {}): ReadBytes {
  let inner: ReadBytes | undefined;
  return async () => {
    inner ??= await sniff(name, read, options);
    return inner();
  };
}

export function isNamedBrotli(name: string): boolean {
  return COMPRESSION_BY_EXTENSION[extensionOf(name)] === "brotli";
}

async function sniff(
  name: string,
  read: ReadBytes,
  { isBrotli = () => isNamedBrotli(name), ended }: SniffOptions,
): Promise<ReadBytes> {
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; bytes < MAGIC_BYTES; ) {
    const piece = await read();
    if (piece === undefined) break;
    pieces.push(piece);
    bytes += piece.length;
    // A producer may be slow, and most inputs can be told by their first byte.
    if (!mayBeCompressed(Buffer.concat(pieces))) break;
  }
  const head = Buffer.concat(pieces);
  if (startsWith(head, PARQUET)) throw new JobError(isParquet(name), { about: "input" });
  const compression = compressionOfBytes(head) ?? (isBrotli() ? "brotli" : undefined);
  const whole: ReadBytes = async () => pieces.shift() ?? (await read());
  if (compression === undefined) return whole;
  checkDecompressor(name, compression);
  return decompressed(name, compression, whole, ended);
}

const SKIPPED = Array.from({ length: 16 }, (_, i) => [0x50 + i, 0x2a, 0x4d, 0x18]);

function mayBeCompressed(bytes: Uint8Array): boolean {
  return [...MAGIC.map(([, magic]) => magic), ...SKIPPED, PARQUET].some((magic) =>
    magic.every((byte, i) => i >= bytes.length || bytes[i] === byte),
  );
}

/** `PAR1`, and the first field of what follows: text would go on otherwise. */
const PARQUET = [0x50, 0x41, 0x52, 0x31, 0x15];

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

function isParquet(name: string): string {
  return `Cannot read ${name}: it is Parquet, which is read from its end\nWrite it to a file, and name that`;
}
