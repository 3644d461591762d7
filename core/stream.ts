/**
 * Cutting a stream into blocks of whole records.
 *
 * Two policies. `exact`: a block holds the records that start in [k * blockBytes, (k + 1) * blockBytes) of the stream,
 * so that its borders do not depend on how the bytes arrived: what a reduce needs. `prompt`: what has arrived goes out
 * when a block is full, or when its first record has waited long enough: what a pipeline needs.
 */
import { indexInPieces } from "./frames.ts";
import type { BlockCutter, StreamSource } from "./plan.ts";

export interface CutOptions {
  readonly separator: number;
  readonly blockBytes: number;
  readonly policy: "exact" | "prompt";
  /** A longer record is cut off here; the worker makes a reject of what it gets. */
  readonly maxRecordBytes: number;
  /** Calls `task` after `delayMs` unless cancelled. */
  readonly after: (delayMs: number, task: () => void) => () => void;
}

/** How long a complete record may wait for its block to fill, in milliseconds. */
const MAX_WAIT_MS = 50;

export function createCutter(source: StreamSource, options: CutOptions): BlockCutter {
  const { separator, blockBytes, policy, maxRecordBytes, after } = options;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  /** Offset of the first byte that has not gone out. */
  let base = 0;
  /** Where the last complete record ends, counted from `base`. */
  let lastEnd = 0;
  let ended = false;
  /** In the middle of a record that was too long: everything up to its end is dropped. */
  let skipping = false;
  let reading: Promise<void> | undefined;

  return { next };

  async function next(): Promise<{ bytes: Uint8Array[]; offset: number; length: number } | undefined> {
    // Runs from the block's first complete record on, however often something arrives meanwhile.
    let deadline: { readonly passed: Promise<void>; cancel(): void } | undefined;
    let late = false;
    try {
      for (;;) {
        const length = blockLength(late);
        if (length > 0) return take(length);
        if (ended) return undefined;
        if (policy === "prompt" && lastEnd > 0) {
          deadline ??= startDeadline();
          late = await Promise.race([readMore().then(() => false), deadline.passed.then(() => true)]);
        } else await readMore();
      }
    } finally {
      deadline?.cancel();
    }
  }

  function startDeadline(): { passed: Promise<void>; cancel(): void } {
    let cancel = () => {};
    const passed = new Promise<void>((resolve) => {
      cancel = after(MAX_WAIT_MS, resolve);
    });
    return { passed, cancel: () => cancel() };
  }

  /** Bytes of the block that can go out now, or 0. */
  function blockLength(late: boolean): number {
    if (policy === "exact") return exactLength();
    if (lastEnd > 0 && (late || bytes >= blockBytes)) return lastEnd;
    if (ended) return bytes;
    if (bytes - lastEnd <= maxRecordBytes) return 0;
    return lastEnd > 0 ? lastEnd : cutOff();
  }

  /** Waits for the record at the block's border to end, or to be too long; nothing else may decide. */
  function exactLength(): number {
    const border = (Math.floor(base / blockBytes) + 1) * blockBytes - base;
    const last = bytes >= border ? indexInPieces(pieces, separator, border - 1) : -1;
    if (last !== -1) return last + 1;
    if (ended) return bytes;
    return bytes - border >= maxRecordBytes ? cutOff() : 0;
  }

  /** The record at the end is too long: the block ends in the middle of it, and its rest is dropped. */
  function cutOff(): number {
    skipping = true;
    return bytes;
  }

  function take(length: number): { bytes: Uint8Array[]; offset: number; length: number } {
    const taken: Uint8Array[] = [];
    let wanted = length;
    while (wanted > 0) {
      const piece = pieces[0] as Uint8Array;
      if (piece.length <= wanted) {
        taken.push(piece);
        pieces.shift();
        wanted -= piece.length;
      } else {
        taken.push(piece.subarray(0, wanted));
        pieces[0] = piece.subarray(wanted);
        wanted = 0;
      }
    }
    const offset = base;
    base += length;
    bytes -= length;
    lastEnd = Math.max(0, lastEnd - length);
    return { bytes: taken, offset, length };
  }

  function readMore(): Promise<void> {
    reading ??= source.read().then((piece) => {
      reading = undefined;
      if (piece === undefined) ended = true;
      else append(piece);
    });
    return reading;
  }

  function append(piece: Uint8Array): void {
    let rest = piece;
    if (skipping) {
      const found = rest.indexOf(separator);
      base += found === -1 ? rest.length : found + 1;
      if (found === -1) return;
      rest = rest.subarray(found + 1);
      skipping = false;
    }
    if (rest.length === 0) return;
    pieces.push(rest);
    const last = rest.lastIndexOf(separator);
    if (last !== -1) lastEnd = bytes + last + 1;
    bytes += rest.length;
  }
}
