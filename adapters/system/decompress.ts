/** Compressed inputs: found out by their name or their first bytes, and read as the stream of what is in them. */
import type { ChildProcess } from "node:child_process";
import { extname } from "node:path";
import type { Duplex, Readable, Writable } from "node:stream";
import { JobError, UsageError } from "../../core/errors.ts";
import { findProgram } from "./programs.ts";

/** Each of zlib's pieces takes a way to its threads and back, and it makes them of 16 KB by itself. */
const OPTIONS = { chunkSize: 512 * 1024 };

type ReadBytes = () => Promise<Uint8Array | undefined>;

export type Compression = "gzip" | "brotli" | "zstd" | "bzip2" | "xz" | "lz4";

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
];
/** Bytes that tell. */
export const MAGIC_BYTES = 10;

/** A block of bzip2, or its end, follows its head: text may begin with BZh, too. */
const BZIP2_BLOCKS = ["314159265359", "177245385090"];

export function compressionOfBytes(bytes: Uint8Array): Compression | undefined {
  const [found] = MAGIC.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte)) ?? [];
  if (found === "bzip2" && !BZIP2_BLOCKS.includes(hex(bytes.subarray(4, 10)))) return undefined;
  return found;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * How a file is compressed, if it is.
 * @throws {UsageError} where its name says another thing than its bytes
 */
export function compressionOf(name: string, bytes: Uint8Array): Compression | undefined {
  const said = COMPRESSION_BY_EXTENSION[extname(name)];
  const found = compressionOfBytes(bytes);
  if (said === undefined || said === "brotli" || said === found || bytes.length === 0) return found ?? said;
  throw new UsageError(`Cannot read "${name}": it is ${found ?? "not"} ${found === undefined ? said : ""}`.trimEnd(), {
    about: "input",
  });
}

/** The name that a file would have without its compression: it says which format is in it. */
export function nameInside(name: string): string {
  return extname(name) in COMPRESSION_BY_EXTENSION ? name.slice(0, -extname(name).length) : name;
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
 * @returns a function that rejects with a JobError for what is damaged or cut off
 */
export function decompressed(name: string, compression: Compression, read: ReadBytes): ReadBytes {
  let output: AsyncIterator<Uint8Array> | undefined;
  let fed = 0;
  let failure: unknown;
  let ended: Promise<void> | undefined;
  return async () => {
    try {
      output ??= await start();
      const { done, value } = await output.next();
      if (!done) return value;
      await ended;
      return undefined;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw failure instanceof JobError ? failure : damaged(error);
    }
  };

  async function start(): Promise<AsyncIterator<Uint8Array>> {
    const program = PROGRAMS[compression];
    if (program !== undefined) {
      checkDecompressor(name, compression);
      const child = await startProgram(program);
      ended = endOf(child);
      // It is awaited when all has been read.
      ended.catch(() => {});
      // Detached: a failure of ours ends the reading, and the program's own end tells the rest.
      void feed(child.stdin as Writable);
      return iterate(child.stdout as Readable);
    }
    const { createBrotliDecompress, createGunzip } = await import("node:zlib");
    const stream: Duplex = compression === "gzip" ? createGunzip(OPTIONS) : createBrotliDecompress(OPTIONS);
    void feed(stream);
    return iterate(stream);
  }

  async function feed(stream: Writable): Promise<void> {
    // What is wrong with it the reader is told; a pipe that is broken tells nothing more.
    stream.on("error", () => {});
    try {
      for (let bytes = await read(); bytes !== undefined; bytes = await read()) {
        fed += bytes.length;
        if (stream.destroyed) return;
        if (!stream.write(bytes)) await drained(stream);
      }
      stream.end();
    } catch (error) {
      failure = error;
      stream.destroy(error as Error);
    }
  }

  function damaged(error: unknown): JobError {
    const { code, message } = error as NodeJS.ErrnoException;
    const isCut = code === "Z_BUF_ERROR" || /unexpected end|premature|truncated/i.test(message);
    const what = isCut
      ? `its ${compression} data ends too early`
      : `its ${compression} data is damaged (${message.trim()})`;
    return new JobError(`Cannot read "${name}": ${what}, after ${fed} bytes of it`, { about: "input" });
  }
}

function iterate(stream: Readable): AsyncIterator<Uint8Array> {
  return stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

async function startProgram(program: string): Promise<ChildProcess> {
  const { spawn } = await import("node:child_process");
  return spawn(findProgram(program) ?? program, ["-dc"], { stdio: ["pipe", "pipe", "pipe"] });
}

/** Rejects with the last line that it has said when it has not ended well. */
async function endOf(child: ChildProcess): Promise<void> {
  let said = "";
  child.stderr?.on("data", (data) => {
    said = `${said}${data}`.slice(-1000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(said.trim().split("\n").at(-1) || `exit code ${code}`);
}

/** A stream that is decompressed where its first bytes say that it is compressed. */
export function sniffed(name: string, read: ReadBytes): ReadBytes {
  let inner: ReadBytes | undefined;
  return async () => {
    if (inner === undefined) {
      const head: Uint8Array[] = [];
      for (let bytes = 0; bytes < MAGIC_BYTES; ) {
        const piece = await read();
        if (piece === undefined) break;
        head.push(piece);
        bytes += piece.length;
        // A producer may be slow, and most inputs can be told by their first byte.
        if (!mayBeCompressed(Buffer.concat(head))) break;
      }
      if (startsWith(Buffer.concat(head), PARQUET)) throw new JobError(isParquet(name), { about: "input" });
      const compression = compressionOfBytes(Buffer.concat(head).subarray(0, MAGIC_BYTES));
      if (compression !== undefined) checkDecompressor(name, compression);
      const whole: ReadBytes = async () => head.shift() ?? (await read());
      inner = compression === undefined ? whole : decompressed(name, compression, whole);
    }
    return inner();
  };
}

function mayBeCompressed(bytes: Uint8Array): boolean {
  return [...MAGIC.map(([, magic]) => magic), PARQUET].some((magic) =>
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
