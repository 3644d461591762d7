/** What decompresses streams: programs, and the runtime's zlib, with what zlib does not tell of brotli. */
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Each of zlib's pieces takes a way to its threads and back, and it makes them of 16 KB by itself. */
const OPTIONS = { chunkSize: 512 * 1024 };

export type ReadBytes = () => Promise<Uint8Array | undefined>;

/** What is wrong with compressed data. */
export class Damage extends Error {
  /** The position in the compressed data, if it is known. */
  readonly at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

const ENDS_TOO_EARLY = "ends too early";
const GOES_ON = "goes on behind its end";

/** Writes compressed bytes to what decompresses them. */
export class Feed {
  /** Bytes that it has written. */
  bytes = 0;
  /** Why there are no more of them, when they could not be read. */
  failure: unknown;
  readonly #read: ReadBytes;
  #first: Uint8Array | undefined;

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** Whether there are no bytes at all: asked before anything is written. */
  async isEmpty(): Promise<boolean> {
    return (await this.firstByte()) === undefined;
  }

  /** Asked before anything is written. */
  async firstByte(): Promise<number | undefined> {
    while (this.#first === undefined || this.#first.length === 0) {
      this.#first = await this.#read();
      if (this.#first === undefined) return undefined;
    }
    return this.#first[0];
  }

  /** Never rejects: the reader of the stream gets its errors. */
  async into(stream: Writable, finish: () => void = () => stream.end()): Promise<void> {
    stream.on("error", () => {});
    try {
      for (let bytes = this.#first ?? (await this.#read()); bytes !== undefined; bytes = await this.#read()) {
        this.bytes += bytes.length;
        await written(stream, bytes);
        if (stream.destroyed) return;
      }
      finish();
    } catch (error) {
      this.failure = error;
      stream.destroy(error as Error);
    }
  }
}

/** A stream whose reader is done closes, and calls nothing back. */
function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("close", done);
      resolve();
    };
    stream.on("close", done);
    stream.write(bytes, done);
  });
}

export async function* gunzipped(feed: Feed): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  const stream = createGunzip(OPTIONS);
  // Detached: it never rejects.
  void feed.into(stream);
  yield* stream;
}

const ZLIB = 8;

/** What servers call deflate: it has the head of zlib (RFC 1950), or none at all. Deflate alone never begins like that head. */
export async function* inflated(feed: Feed): AsyncGenerator<Uint8Array> {
  const { createInflate, createInflateRaw } = await import("node:zlib");
  const isZlib = ((await feed.firstByte()) ?? 0) % 16 === ZLIB;
  const stream = (isZlib ? createInflate : createInflateRaw)(OPTIONS);
  // Detached: it never rejects.
  void feed.into(stream);
  yield* stream;
}

/** A decoder that takes it is not at its end. */
const PROBE = Uint8Array.of(0);

/**
 * Deno takes brotli that is cut off for whole, and every runtime ignores what stands behind its end. So a byte is added behind
 * the data: how many bytes the decoder takes tells both.
 * @throws {Damage}
 */
export async function* unbrotlied(feed: Feed): AsyncGenerator<Uint8Array> {
  const { createBrotliDecompress } = await import("node:zlib");
  const stream = createBrotliDecompress(OPTIONS);
  const made = countOutput(stream);
  let most = Number.POSITIVE_INFINITY;
  // Detached: it never rejects.
  void feed.into(stream, () => {
    most = made();
    stream.end(PROBE);
  });
  try {
    let given = 0;
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      // What comes of the added byte is not in the file.
      const kept = bytes.subarray(0, Math.max(most - given, 0));
      given += bytes.length;
      if (kept.length > 0) yield kept;
    }
  } catch (error) {
    throw Number.isFinite(most) ? new Damage(ENDS_TOO_EARLY) : error;
  }
  if (stream.bytesWritten > feed.bytes) throw new Damage(ENDS_TOO_EARLY);
  if (stream.bytesWritten < feed.bytes) throw new Damage(GOES_ON, stream.bytesWritten);
}

/** @returns how many bytes have come out of a stream, read or not */
function countOutput(stream: Readable): () => number {
  const push = stream.push.bind(stream);
  let bytes = 0;
  stream.push = (chunk: Uint8Array | null, encoding) => {
    bytes += chunk?.length ?? 0;
    return push(chunk, encoding);
  };
  return () => bytes;
}

/**
 * @param path of the program, which decompresses its stdin with `-dc`
 * @throws {Damage} when it ends with an error, or says that it has ignored something
 */
export async function* throughProgram(path: string, feed: Feed): AsyncGenerator<Uint8Array> {
  const { spawn } = await import("node:child_process");
  const child = spawn(path, ["-dc"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = endOf(child);
  // It is awaited when all has been read.
  ended.catch(() => {});
  // Detached: it never rejects, and the program's own end tells the rest.
  void feed.into(child.stdin);
  yield* child.stdout;
  await ended;
}

const MOST_SAID = 1000;

async function endOf(child: ChildProcess): Promise<void> {
  let said = "";
  child.stderr?.on("data", (data) => {
    said = `${said}${data}`.slice(0, MOST_SAID);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // bzip2 only warns of it.
  if (/trailing garbage/i.test(said)) throw new Damage(GOES_ON);
  if (code !== 0) throw new Damage(damageOf(said) ?? `is damaged (exit code ${code})`);
}

const CUT = /unexpected end|ends unexpectedly|premature|truncated|unfinished stream|cannot access compressed block/i;

/** By the first line that a program has said: advice may stand below it. Undefined where there is none. */
function damageOf(said: string): string | undefined {
  const line = said.trim().split("\n", 1)[0] ?? "";
  if (CUT.test(line)) return ENDS_TOO_EARLY;
  const reason = line.replace(PLACE, "").replace(/[\s.;!]+$/, "");
  return reason === "" ? undefined : `is damaged (${reason})`;
}

/** `bzip2: `, `/usr/bin/xz: (stdin): `, `/*stdin*\ : `: the message names the input itself. */
const PLACE = /^(?:\S+: )?(?:\(stdin\):? |\/\*stdin\*\\ ?: ?)?/;

/** What a runtime's zlib has found. */
export function damageFound(error: unknown): Damage {
  if (error instanceof Damage) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const isCut = code === "Z_BUF_ERROR" || CUT.test(message);
  return new Damage(isCut ? ENDS_TOO_EARLY : `is damaged (${message.trim()})`);
}
