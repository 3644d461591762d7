/**
 * Streams of gzip (RFC 1952): members, one after the other, and zeros that may stand behind each. The runtime's own reader of
 * members drops what stands behind a zero.
 */
import { blockLength, number } from "../shared/member-heads.ts";
import { Damage, damaged, ENDS_TOO_EARLY, GOES_ON } from "./damage.ts";
import { DECODER_OPTIONS, type Decoder, decoded } from "./decoded.ts";
import type { Feed } from "./feed.ts";

type Zlib = typeof import("node:zlib");

/** @throws {Damage} behind all that stands before it */
export function gunzipped(feed: Feed): AsyncGenerator<Uint8Array> {
  return joined(contentsOf(feed), () => feed.waiting.length === 0);
}

async function* contentsOf(feed: Feed): AsyncGenerator<Uint8Array> {
  const zlib = await import("node:zlib");
  const create = () => zlib.createInflateRaw(DECODER_OPTIONS);
  let lastSize = Number.POSITIVE_INFINITY;
  for (let end = 0; await isFollowed(feed, end); end = feed.bytes) {
    const blockRest = await readHead(feed, zlib);
    let [sum, size] = [0, 0];
    if (blockRest !== undefined) await feed.gather(blockRest);
    // Others are like the one before, mostly.
    const isShort = blockRest !== undefined || lastSize <= MOST_SHORT;
    const short = isShort ? await shortContent(feed, Math.min(lastSize, MOST_SHORT), zlib) : undefined;
    for await (const bytes of short === undefined ? decoded(feed, create) : [short]) {
      sum = zlib.crc32(bytes, sum);
      size += bytes.length;
      yield bytes;
    }
    await checkTail(feed, sum, size);
    lastSize = size;
  }
}

/** A decoder of its own takes longer to make than such a member to decompress. */
const MOST_SHORT = 128 * 1024;

/** What is in a member that is short, and has come to its end; undefined for others, of which nothing is taken. */
async function shortContent(feed: Feed, guess: number, { inflateRawSync }: Zlib): Promise<Uint8Array | undefined> {
  try {
    const { buffer, engine } = inflateRawSync(feed.waiting, {
      info: true,
      chunkSize: guess + 64,
      maxOutputLength: MOST_SHORT,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: Decoder };
    await feed.take(engine.bytesWritten);
    return buffer;
  } catch {
    return undefined;
  }
}

const LEAST_JOINED = 256 * 1024;

/** The same bytes in larger pieces, as far as they have come. */
async function* joined(pieces: AsyncIterable<Uint8Array>, isAll: () => boolean): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const join = () => {
    const whole = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    [parts, bytes] = [[], 0];
    return whole;
  };
  try {
    for await (const piece of pieces) {
      parts.push(piece);
      bytes += piece.length;
      if (bytes >= LEAST_JOINED || isAll()) yield join();
    }
  } catch (error) {
    if (bytes > 0) yield join();
    throw error;
  }
  if (bytes > 0) yield join();
}

const MAGIC = Uint8Array.of(0x1f, 0x8b);

/** Whether a member begins behind the end of the one before, and the zeros there. Then its first two bytes have been taken. */
async function isFollowed(feed: Feed, end: number): Promise<boolean> {
  while (end > 0 && (await feed.peek()) === 0) {
    const zeros = await feed.takeThrough((byte) => byte !== 0);
    if (zeros.at(-1) !== 0) feed.giveBack(1);
  }
  const begin = await feed.take(MAGIC.length);
  if (begin.every((byte, i) => byte === MAGIC[i])) return begin.length > 0;
  throw end > 0 ? new Damage(GOES_ON, end) : damaged("incorrect header check", 0);
}

/** Behind the first two. */
const HEAD_BYTES = 8;
const DEFLATE = 8;
const HAS_SUM = 0b10;
const HAS_EXTRA = 0b100;
const HAS_NAME = 0b1000;
const HAS_COMMENT = 0b10000;
const RESERVED = 0b11100000;

/** @returns how many bytes of a block of BGZF follow, which says so */
async function readHead(feed: Feed, { crc32 }: Zlib): Promise<number | undefined> {
  const begin = feed.bytes;
  let sum = crc32(MAGIC);
  const add = (bytes: Uint8Array) => {
    sum = crc32(bytes, sum);
    return bytes;
  };
  const head = add(await take(feed, HEAD_BYTES));
  if (head[0] !== DEFLATE) throw damaged("unknown compression method", begin);
  const flags = head[1] as number;
  if ((flags & RESERVED) !== 0) throw damaged("unknown header flags set", begin);
  let length: number | undefined;
  if ((flags & HAS_EXTRA) !== 0) {
    const extra = add(await take(feed, number(add(await take(feed, 2)), 0, 2)));
    length = blockLength(extra, 0, extra.length);
  }
  for (const flag of [HAS_NAME, HAS_COMMENT]) if ((flags & flag) !== 0) add(await takeText(feed));
  const expected = sum & 0xffff;
  if ((flags & HAS_SUM) !== 0 && number(await take(feed, 2), 0, 2) !== expected)
    throw damaged("header crc mismatch", begin);
  return length && length - MAGIC.length - (feed.bytes - begin);
}

async function take(feed: Feed, count: number): Promise<Uint8Array> {
  const bytes = await feed.take(count);
  if (bytes.length < count) throw new Damage(ENDS_TOO_EARLY);
  return bytes;
}

async function takeText(feed: Feed): Promise<Uint8Array> {
  const bytes = await feed.takeThrough((byte) => byte === 0);
  if (bytes.at(-1) !== 0) throw new Damage(ENDS_TOO_EARLY);
  return bytes;
}

const TAIL_BYTES = 8;

async function checkTail(feed: Feed, sum: number, size: number): Promise<void> {
  const at = feed.bytes;
  const tail = await take(feed, TAIL_BYTES);
  if (number(tail, 0, 4) !== sum) throw damaged("incorrect data check", at);
  if (number(tail, 4, 4) !== size % 2 ** 32) throw damaged("incorrect length check", at);
}
