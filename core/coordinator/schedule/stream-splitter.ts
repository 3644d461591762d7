/**
 * Cutting a stream into blocks of whole records.
 *
 * Two policies. With an end that is asked for, a block holds the records that start before it, however the bytes arrive:
 * for jobs in whose output chunks can be seen. Without one, what has arrived goes out when a block is full, or when its
 * first record has waited long enough: what a pipeline needs.
 */
import { mostWithoutEnd } from "../../protocol/record-failure.ts";
import type { Block } from "../job/batch.ts";
import type { StreamSource } from "../job/source.ts";
import type { BlockCutter } from "./chunk-plan.ts";
import type { Framing } from "./framing.ts";

export interface CutOptions {
  readonly framing: Framing;
  /** Offset of the first byte; 0 where it is not said. */
  readonly base?: number;
  /** Where no end is asked for, what has arrived goes out when it is so long. */
  readonly blockBytes: number;
  /** A block ends with the first record that ends here or behind it, also where more has arrived; undefined for all of that. */
  readonly mostBytes?: number | undefined;
  /** A longer record is cut off here; the worker makes a reject of what it gets. */
  readonly maxRecordBytes: number;
  /** Calls `task` after `delayMs` unless cancelled. */
  readonly after: (delayMs: number, task: () => void) => () => void;
}

/** How long a complete record may wait for its block to fill, in milliseconds. */
const MAX_WAIT_MS = 50;

export function createCutter(source: StreamSource, options: CutOptions): BlockCutter {
  const { framing, after } = options;
  const mostOpenBytes = mostWithoutEnd(options.maxRecordBytes);
  /** Of the block that is asked for. */
  let mostBytes = Number.POSITIVE_INFINITY;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  /** Offset of the first byte that has not gone out. */
  let base = options.base ?? 0;
  /** Where the last complete record ends, counted from `base`. */
  let lastEnd = 0;
  let ended = false;
  /** What the source has ended with; told when the records before it have gone out. */
  let failure: { readonly error: unknown } | undefined;
  /** In the middle of a record that was too long: everything up to its end is dropped. */
  let skipping = false;
  /** Lines of what has been dropped since the last block. */
  let droppedLines = 0;
  let reading: Promise<void> | undefined;

  return {
    get offset() {
      return base;
    },
    next(end, most = Number.POSITIVE_INFINITY) {
      if (end !== undefined) return nextUpTo(end);
      mostBytes = Math.min(most, options.mostBytes ?? most);
      return nextOfWhatHasCome();
    },
  };

  async function nextUpTo(end: number): Promise<Block | undefined> {
    for (;;) {
      if (ended && bytes === 0) return undefined;
      const length = lengthUpTo(end - base);
      if (length !== undefined) return take(length);
      if (failure !== undefined && lastEnd > 0) return take(lastEnd);
      await readMore();
    }
  }

  /** Bytes of the records that start before a border; undefined while the last of them may go on. */
  function lengthUpTo(border: number): number | undefined {
    // A record that was too long has ended behind it.
    if (border <= 0) return 0;
    const end = bytes >= border ? framing.endFrom(pieces, border, base) : -1;
    if (end !== -1) return end;
    if (ended) return bytes;
    if (bytes - border < mostOpenBytes) return undefined;
    skipping = true;
    return bytes;
  }

  async function nextOfWhatHasCome(): Promise<Block | undefined> {
    // Runs from the block's first complete record on, however often something arrives meanwhile.
    let deadline: { readonly passed: Promise<void>; cancel(): void } | undefined;
    let late = false;
    try {
      for (;;) {
        const length = readyLength(late);
        if (length > 0) return take(length);
        if (ended) return undefined;
        if (lastEnd > 0 && failure === undefined) {
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
  function readyLength(late: boolean): number {
    const length = arrivedLength(late);
    const end = length > mostBytes ? framing.endFrom(pieces, mostBytes, base) : -1;
    return end === -1 ? length : end;
  }

  function arrivedLength(late: boolean): number {
    if (lastEnd > 0 && (late || failure !== undefined || bytes >= Math.min(options.blockBytes, mostBytes)))
      return lastEnd;
    if (ended) return bytes;
    if (bytes - lastEnd <= mostOpenBytes) return 0;
    if (lastEnd > 0) return lastEnd;
    // The block ends in the middle of the record, and its rest is dropped.
    skipping = true;
    return bytes;
  }

  /** Reads on while nothing is asked for: about a block, as long as they are now. */
  async function readAhead(): Promise<void> {
    while (!ended && failure === undefined && bytes < Math.min(options.blockBytes, mostBytes)) await readMore();
  }

  function take(length: number): Block {
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
    const start = base;
    base += length;
    bytes -= length;
    lastEnd = Math.max(0, lastEnd - length);
    const linesBefore = droppedLines;
    droppedLines = 0;
    void readAhead();
    return { start, pieces: taken, linesBefore };
  }

  function readMore(): Promise<void> {
    if (failure !== undefined) return Promise.reject(failure.error);
    reading ??= source.read().then(
      (piece) => {
        reading = undefined;
        if (piece === undefined) ended = true;
        else append(piece);
      },
      (error: unknown) => {
        reading = undefined;
        failure = { error };
      },
    );
    return reading;
  }

  function append(piece: Uint8Array): void {
    let rest = piece;
    if (skipping) {
      const end = framing.skip(rest);
      droppedLines += framing.lineEndsIn?.(end === -1 ? rest : rest.subarray(0, end)) ?? 0;
      base += end === -1 ? rest.length : end;
      if (end === -1) return;
      rest = rest.subarray(end);
      skipping = false;
    }
    if (rest.length === 0) return;
    pieces.push(rest);
    const last = framing.append(rest, base + bytes);
    if (last !== -1) lastEnd = bytes + last;
    bytes += rest.length;
  }
}
