/**
 * A compressed output: what has been committed is cut into parts of one size, which the workers compress, and which are written
 * in their order. The parts depend on the bytes of the output alone: neither on chunks, nor on batches, nor on cores.
 */
import { byteCount, slicePieces } from "../../bytes.ts";
import type { OutputEnds } from "../../formats/format.ts";
import type { OutputCompression } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { AskWorker } from "../workers/call-any.ts";
import type { DoneReply } from "../workers/reply.ts";
import { createOrderedParts, noRepetition } from "./ordered-parts.ts";
import { createStreamSink, type Sink, type UnpackedTail } from "./sinks.ts";

export interface Compressing {
  readonly how: "compressed";
  readonly compression: OutputCompression;
  /** What stands around the values. */
  readonly ends: OutputEnds;
}

export interface CompressedSinkOptions extends Omit<Compressing, "how"> {
  /** Writes what has been compressed. */
  readonly file: Sink;
  readonly ask: AskWorker;
  readonly text: TextCodec;
  /** Parts that may be on their way. */
  readonly most: () => number;
  readonly resumed: UnpackedTail | undefined;
}

/** What one block (gzip) or frame (zstd) holds: BGZF has its length in 16 bits. */
const BLOCK_BYTES: Readonly<Record<OutputCompression, number>> = { gzip: 0xff00, zstd: 256 * 1024 };
/** What one request compresses, in blocks: about a megabyte. */
const BLOCKS_PER_PART: Readonly<Record<OutputCompression, number>> = { gzip: 16, zstd: 4 };
/** The empty block by which a reader of BGZF knows that nothing is missing. */
const GZIP_END = Uint8Array.from([
  0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

export function createCompressedSink(options: CompressedSinkOptions): Sink {
  const { file, ends, text, resumed } = options;
  const packer = createPacker(options);
  const printed = createStreamSink({ write: packer.write }, ends, text, resumed?.empty ?? true);
  let empty = resumed?.empty ?? true;
  return {
    get position() {
      return file.position;
    },
    get wholeUpTo() {
      return file.wholeUpTo;
    },
    get unpacked() {
      return { text: packer.tail(), empty };
    },
    commit(output, again) {
      if (output.tag === "kept" || byteCount(output.pieces) > 0) empty = false;
      return printed.commit(output, again);
    },
    async settled() {
      await packer.settled();
      await file.settled();
    },
    async finish() {
      await printed.finish();
      await packer.end();
      await file.finish();
    },
  };
}

interface Packer {
  write(pieces: readonly Uint8Array[]): Promise<void> | undefined;
  /** Resolves when all whole blocks are in the file's hands. */
  settled(): Promise<void>;
  tail(): string;
  end(): Promise<void>;
}

function createPacker({ file, compression, ask, most, resumed }: CompressedSinkOptions): Packer {
  const blockBytes = BLOCK_BYTES[compression];
  const partBytes = blockBytes * BLOCKS_PER_PART[compression];
  const parts = createOrderedParts({ file, most });
  let pieces: Uint8Array[] = resumed === undefined ? [] : [bytesOf(resumed.text)];
  let bytes = byteCount(pieces);

  return {
    write(added) {
      pieces.push(...added);
      bytes += byteCount(added);
      return parts.addAll(() => (bytes >= partBytes ? packed(partBytes) : undefined));
    },
    settled() {
      if (bytes >= blockBytes) parts.add(packed(bytes - (bytes % blockBytes)));
      return parts.written();
    },
    tail: () => textOf(pieces),
    async end() {
      // An empty file has to be one of its kind, too.
      if (bytes > 0 || (compression === "zstd" && file.position === 0 && parts.open === 0)) parts.add(packed(bytes));
      await parts.written();
      if (compression === "gzip") await file.commit({ tag: "here", pieces: [GZIP_END] }, noRepetition);
    },
  };

  /** Has a worker compress the first bytes. */
  function packed(length: number): Promise<DoneReply> {
    const part = slicePieces(pieces, 0, length);
    pieces = slicePieces(pieces, length);
    bytes -= length;
    return ask({ type: "compress", compression, blockBytes }, part);
  }
}

const CHARACTERS_AT_ONCE = 4096;

function textOf(pieces: readonly Uint8Array[]): string {
  let text = "";
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += CHARACTERS_AT_ONCE)
      text += String.fromCharCode(...piece.subarray(at, at + CHARACTERS_AT_ONCE));
  return text;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}
