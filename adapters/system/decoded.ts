/**
 * One stream of compressed data, through a decoder of the runtime, up to its end.
 *
 * A decoder that finds damage keeps what it has made of its last write for itself, and how much that is depends on how the data
 * came. So what was written is written again to a new one, in ever smaller pieces where the damage is: all that stands before the
 * damage comes out, of the same data always the same.
 */
import type { Transform } from "node:stream";
import { Damage, damaged, ENDS_TOO_EARLY } from "./damage.ts";
import { type Feed, type ReadBytes, written } from "./feed.ts";

/** One of zlib: `bytesWritten` counts what it has taken of what was written to it. */
export type Decoder = Transform & { readonly bytesWritten: number };

/**
 * Each of zlib's pieces takes a way to its threads and back, and it makes them of 16 KB by itself. It makes no other while one
 * waits to be read: an error drops those that wait.
 */
export const DECODER_OPTIONS = { chunkSize: 512 * 1024, readableHighWaterMark: 1 };

/** So much of compressed data is kept to be written again. Of longer data, what the last piece before the damage gives is lost. */
const MOST_KEPT = 16 * 1024 * 1024;

/**
 * Leaves the feed behind the end of the stream.
 * @throws {Damage} behind all that stands before it
 */
export async function* decoded(feed: Feed, create: () => Decoder): AsyncGenerator<Uint8Array> {
  const begin = feed.bytes;
  const kept = new Kept();
  const decoding = new Decoding(create(), async () => kept.add(await feed.next()));
  yield* decoding.output();
  const { how, error } = decoding.ending as Ending;
  if (how === "not read") throw error;
  if (how === "cut") throw new Damage(ENDS_TOO_EARLY);
  if (how === "end") return feed.giveBack(feed.bytes - begin - decoding.taken);
  const sound = yield* restBefore(decoding, kept.pieces ?? [], create);
  throw damaged((error as Error).message, begin + sound);
}

interface Ending {
  readonly how: "end" | "cut" | "damage" | "not read";
  readonly error?: unknown;
}

/** A decoder that takes it is not at its end. */
const PROBE = Uint8Array.of(0);
const MOST_MADE_AHEAD = 2;

/**
 * What a decoder makes of the bytes that are read. Deno takes brotli that is cut off for whole, and every runtime ignores what
 * stands behind an end. How many bytes the decoder takes tells both: a byte is added behind the data.
 */
class Decoding {
  /** Set when all of the output has been read. */
  ending: Ending | undefined;
  /** Bytes that have come out. */
  made = 0;
  readonly #decoder: Decoder;
  readonly #read: ReadBytes;
  readonly #waiting: Uint8Array[] = [];
  #written = 0;
  #isProbed = false;
  #wake = () => {};

  constructor(decoder: Decoder, read: ReadBytes) {
    this.#decoder = decoder;
    this.#read = read;
  }

  /** Bytes that have been decompressed. */
  get taken(): number {
    return this.#decoder.bytesWritten;
  }

  async *output(): AsyncGenerator<Uint8Array> {
    const decoder = this.#decoder;
    decoder.on("data", (bytes: Uint8Array) => this.#add(bytes));
    decoder.on("end", () => this.#end("end"));
    decoder.on("error", (error) => this.#end("damage", error));
    // Detached: it never rejects.
    void this.#write().catch((error: unknown) => this.#end("not read", error));
    try {
      for (;;) {
        const bytes = this.#waiting.shift();
        if (bytes !== undefined) yield bytes;
        else if (this.ending !== undefined) return;
        else await this.#more();
      }
    } finally {
      decoder.destroy();
    }
  }

  async #write(): Promise<void> {
    for (let bytes = await this.#read(); bytes !== undefined; bytes = await this.#read()) {
      this.#written += bytes.length;
      await written(this.#decoder, bytes);
      // One that leaves something is at its end, or has failed.
      if (this.#decoder.destroyed || this.taken < this.#written) return;
    }
    this.#isProbed = true;
    this.#decoder.end(PROBE);
  }

  #add(bytes: Uint8Array): void {
    // What comes of the added byte is not in the data.
    if (this.#isProbed) return;
    this.made += bytes.length;
    this.#waiting.push(bytes);
    if (this.#waiting.length >= MOST_MADE_AHEAD) this.#decoder.pause();
    this.#wake();
  }

  #end(how: Ending["how"], error?: unknown): void {
    const isCut = this.#isProbed && (how === "damage" || this.taken > this.#written);
    this.ending ??= { how: isCut ? "cut" : how, error };
    this.#wake();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#decoder.resume();
    });
  }
}

class Kept {
  pieces: Uint8Array[] | undefined = [];
  #bytes = 0;

  add(piece: Uint8Array | undefined): Uint8Array | undefined {
    this.#bytes += piece?.length ?? 0;
    if (this.#bytes > MOST_KEPT) this.pieces = undefined;
    if (piece !== undefined) this.pieces?.push(piece);
    return piece;
  }
}

/** Bytes that are written at once behind those that are sound, each time. */
const STEPS = [4096, 64, 1];

/** What stands before the damage, and has not been given. @returns how many bytes that is of the compressed ones */
async function* restBefore(
  { taken, made }: Decoding,
  pieces: readonly Uint8Array[],
  create: () => Decoder,
): AsyncGenerator<Uint8Array, number> {
  let [sound, given] = [taken, made];
  for (const step of pieces.length === 0 ? [] : STEPS) {
    const again = new Decoding(create(), inSteps(pieces, sound, step));
    let at = 0;
    for await (const bytes of again.output()) {
      const fresh = bytes.subarray(Math.max(0, given - at));
      at += bytes.length;
      if (fresh.length > 0) yield fresh;
    }
    given = Math.max(given, again.made);
    sound = Math.max(sound, again.taken);
  }
  return sound;
}

/** The pieces, which are cut behind `sound` bytes, and behind each step from there on. */
function inSteps(pieces: readonly Uint8Array[], sound: number, step: number): ReadBytes {
  const parts = (function* () {
    let begin = 0;
    for (const piece of pieces) {
      let at = Math.min(piece.length, sound - begin);
      if (at > 0) yield piece.subarray(0, at);
      for (at = Math.max(at, 0); at < piece.length; at += step) yield piece.subarray(at, at + step);
      begin += piece.length;
    }
  })();
  return async () => parts.next().value ?? undefined;
}
