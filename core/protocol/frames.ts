/**
 * Frames: how messages travel on a port, whatever carries the bytes.
 *
 * A frame is a 12-byte prefix (three little-endian u32: magic with version, head bytes, body bytes), a head (a message
 * as JSON) and a body (raw bytes: records or output). Length-prefixed framing after evanw/esbuild's stdio protocol;
 * the magic is there because a script can write to its worker's port behind our back, and must be found out.
 */
import { byteCount, joinPieces } from "../bytes.ts";
import { parseJson, printJson } from "../json.ts";
import type { TextCodec } from "../platform/text-codec.ts";

/** "pm" and the protocol version: both ends must be of one build. */
export const FRAME_MAGIC = 0x01_6d70;
export const PREFIX_BYTES = 12;
/** A head holds offsets and error texts; anything longer is not ours. */
export const MAX_HEAD_BYTES = 256 * 1024 * 1024;

export interface Frame {
  readonly head: unknown;
  /** The body in the pieces in which it arrived: joining them would copy every byte of output once more. */
  readonly body: readonly Uint8Array[];
}

/** Bytes on a port that cannot be a frame of ours. The link is unusable from here on. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Encodes one frame as pieces to be sent in this order; the body's pieces are passed on, not copied. */
export function encodeFrame(text: TextCodec, head: unknown, body: readonly Uint8Array[] = []): Uint8Array[] {
  const json = printJson(head);
  const headBytes = text.byteLength(json);
  const first = new Uint8Array(PREFIX_BYTES + headBytes);
  const prefix = new DataView(first.buffer);
  prefix.setUint32(0, FRAME_MAGIC, true);
  prefix.setUint32(4, headBytes, true);
  prefix.setUint32(8, byteCount(body), true);
  text.encodeInto(json, first, PREFIX_BYTES);
  return [first, ...body];
}

type Part = "prefix" | "head" | "body";

/**
 * Makes a decoder: call it with bytes as they arrive, in any cut; it calls `onFrame` once per complete frame.
 * @throws {FrameError} from the returned function, when the bytes are not a frame.
 */
export function createFrameDecoder(text: TextCodec, onFrame: (frame: Frame) => void): (bytes: Uint8Array) => void {
  let part: Part = "prefix";
  let wanted = PREFIX_BYTES;
  let pieces: Uint8Array[] = [];
  let head: unknown;
  let bodyBytes = 0;

  return (bytes) => {
    let at = 0;
    while (at < bytes.length || wanted === 0) {
      const take = Math.min(wanted, bytes.length - at);
      if (take > 0) pieces.push(bytes.subarray(at, at + take));
      at += take;
      wanted -= take;
      if (wanted === 0) finishPart();
    }
  };

  function finishPart(): void {
    const complete = pieces;
    pieces = [];
    if (part === "prefix") {
      const prefix = readPrefix(joinPieces(complete));
      bodyBytes = prefix.bodyBytes;
      expect("head", prefix.headBytes);
    } else if (part === "head") {
      head = parseHead(text, joinPieces(complete));
      expect("body", bodyBytes);
    } else {
      expect("prefix", PREFIX_BYTES);
      onFrame({ head, body: complete });
    }
  }

  function expect(next: Part, bytes: number): void {
    part = next;
    wanted = bytes;
  }
}

function readPrefix(bytes: Uint8Array): { headBytes: number; bodyBytes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  const headBytes = view.getUint32(4, true);
  if (magic !== FRAME_MAGIC) throw new FrameError("Cannot read a frame: foreign bytes on the worker's port");
  if (headBytes > MAX_HEAD_BYTES) throw new FrameError(`Cannot read a frame: a head of ${headBytes} bytes`);
  return { headBytes, bodyBytes: view.getUint32(8, true) };
}

function parseHead(text: TextCodec, bytes: Uint8Array): unknown {
  try {
    return parseJson(text.decode(bytes, 0, bytes.length));
  } catch {
    throw new FrameError("Cannot read a frame: its head is not JSON");
  }
}
