/**
 * Frames: how messages travel on a port, whatever carries the bytes.
 *
 * A frame is a 16-byte prefix (a seal of eight bytes, then head bytes and body bytes as little-endian u32), a head (a message
 * as JSON) and a body (raw bytes: records or output). Length-prefixed framing after evanw/esbuild's stdio protocol.
 *
 * A script can write to its worker's port behind our back. So every worker gets a seal of its own, before its script is
 * loaded, and its frames begin with it: the first foreign byte ends the link, whatever frame it pretends to begin. That
 * is why no time limit is needed for a frame that has begun: a worker writes a frame to its end and does nothing else.
 */
import { byteCount, joinPieces } from "../bytes.ts";
import { parseJson, printJson } from "../json.ts";
import type { TextCodec } from "../platform/text-codec.ts";

/** Of the coordinator's frames: "pm" and the protocol version. Both ends are of one build. */
export const COORDINATOR_SEAL = 0x02_6d70;
export const PREFIX_BYTES = 16;
const SEAL_BYTES = 8;
/** Its length is a u32. */
export const MAX_BODY_BYTES = 2 ** 32 - 1;
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

/** A seal for a worker: a positive whole number, up to 2^53. */
export function drawSeal(): number {
  return 1 + Math.floor(Math.random() * (Number.MAX_SAFE_INTEGER - 1));
}

/** Encodes one frame as pieces to be sent in this order; the body's pieces are passed on, not copied. */
export function encodeFrame(
  text: TextCodec,
  head: unknown,
  body: readonly Uint8Array[] = [],
  seal: number = COORDINATOR_SEAL,
): Uint8Array[] {
  const json = printJson(head);
  const headBytes = text.byteLength(json);
  const first = new Uint8Array(PREFIX_BYTES + headBytes);
  const prefix = new DataView(first.buffer);
  writeSeal(prefix, seal);
  prefix.setUint32(8, headBytes, true);
  prefix.setUint32(12, byteCount(body), true);
  text.encodeInto(json, first, PREFIX_BYTES);
  return [first, ...body];
}

function writeSeal(prefix: DataView, seal: number): void {
  prefix.setUint32(0, seal % 2 ** 32, true);
  prefix.setUint32(4, Math.floor(seal / 2 ** 32), true);
}

type Part = "prefix" | "head" | "body";

export interface DecoderOptions {
  /** What the frames begin with; the coordinator's, where it is not said. */
  readonly seal?: number;
  /** Sees a head before its body is waited for. Throws a FrameError to refuse it. */
  readonly checkHead?: (head: unknown, bodyBytes: number) => void;
}

/**
 * Makes a decoder: call it with bytes as they arrive, in any cut; it calls `onFrame` once per complete frame.
 * @throws {FrameError} from the returned function, when the bytes are not a frame.
 */
export function createFrameDecoder(
  text: TextCodec,
  onFrame: (frame: Frame) => void,
  { seal = COORDINATOR_SEAL, checkHead }: DecoderOptions = {},
): (bytes: Uint8Array) => void {
  const expected = new Uint8Array(SEAL_BYTES);
  writeSeal(new DataView(expected.buffer), seal);
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
    // The rest of a prefix may never come.
    if (part === "prefix" && wanted < PREFIX_BYTES) checkSeal(joinPieces(pieces), expected);
  };

  function finishPart(): void {
    const complete = pieces;
    pieces = [];
    if (part === "prefix") {
      const bytes = joinPieces(complete);
      checkSeal(bytes, expected);
      const prefix = readPrefix(bytes);
      bodyBytes = prefix.bodyBytes;
      expect("head", prefix.headBytes);
    } else if (part === "head") {
      head = parseHead(text, joinPieces(complete));
      checkHead?.(head, bodyBytes);
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

/** @param bytes of a prefix, or its beginning */
function checkSeal(bytes: Uint8Array, expected: Uint8Array): void {
  const count = Math.min(bytes.length, SEAL_BYTES);
  for (let i = 0; i < count; i++)
    if (bytes[i] !== expected[i]) throw new FrameError("Cannot read a frame: foreign bytes on the worker's port");
}

function readPrefix(bytes: Uint8Array): { headBytes: number; bodyBytes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headBytes = view.getUint32(8, true);
  if (headBytes > MAX_HEAD_BYTES) throw new FrameError(`Cannot read a frame: a head of ${headBytes} bytes`);
  return { headBytes, bodyBytes: view.getUint32(12, true) };
}

function parseHead(text: TextCodec, bytes: Uint8Array): unknown {
  try {
    return parseJson(text.decode(bytes, 0, bytes.length));
  } catch {
    throw new FrameError("Cannot read a frame: its head is not JSON");
  }
}
