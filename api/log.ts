/**
 * What goes to stderr: everything, in order, however slow its reader is; and a job does not depend on its log, so that a closed
 * pipe or a full disk there is no error.
 *
 * On a terminal a status line can stand below all that is written: it is taken away before anything else is, in the same write.
 *
 * By way of node:fs: process.stderr drops what is still waiting when the process ends.
 */
import { write, writeSync } from "node:fs";
import { joinPieces } from "../core/bytes.ts";

/** When more than this waits, the job waits, too. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 2;
const LINE_FEED = 10;

const encoder = new TextEncoder();
const waiting: Uint8Array[] = [];
let waitingBytes = 0;
let isWriting = false;
let isBroken = false;
const onDrained: (() => void)[] = [];
/** Makes what takes the status line away; undefined while there is none. */
let erasing: (() => string) | undefined;
/** Whether the last line has no end: there is no place for a status line below it. */
let isLineOpen = false;

export function log(text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  if (isBroken || bytes.length === 0) return;
  isLineOpen = bytes.at(-1) !== LINE_FEED;
  if (erasing === undefined) add(bytes);
  else {
    const erase = encoder.encode(erasing());
    erasing = undefined;
    add(joinPieces([erase, bytes]));
  }
}

/**
 * Puts a status line below what has been written, in place of the one that is there. Not while anything waits to be
 * written: another one is drawn soon.
 * @param erase makes what takes it away again
 */
export function drawStatus(line: string, erase: () => string): void {
  if (isBroken || isWriting || isLineOpen) return;
  const before = erasing?.() ?? "";
  erasing = erase;
  add(encoder.encode(before + line));
}

export function eraseStatus(): void {
  if (erasing === undefined) return;
  const erase = erasing();
  erasing = undefined;
  add(encoder.encode(erase));
}

/** For when the process ends at once. */
export function eraseStatusAtOnce(): void {
  if (erasing === undefined) return;
  try {
    writeSync(2, erasing());
  } catch {
    // The terminal has gone.
  }
  erasing = undefined;
}

function add(bytes: Uint8Array): void {
  waiting.push(bytes);
  waitingBytes += bytes.length;
  if (!isWriting) writeNext();
}

/** Resolves when everything has been written, or cannot be. */
export function logged(): Promise<void> {
  if (!isWriting) return Promise.resolve();
  return new Promise((resolve) => onDrained.push(resolve));
}

function writeNext(): void {
  const bytes = waiting[0];
  if (bytes === undefined) {
    isWriting = false;
    for (const resolve of onDrained.splice(0)) resolve();
    return;
  }
  isWriting = true;
  if (waitingBytes > MOST_WAITING_BYTES && writeAtOnce(bytes)) return;
  write(2, bytes, 0, bytes.length, null, (error, count) => {
    if (error === null) taken(count);
    else if (error.code === "EAGAIN") setTimeout(writeNext, RETRY_MS);
    else giveUp();
  });
}

/** False when the reader is not ready: then it is tried again later. */
function writeAtOnce(bytes: Uint8Array): boolean {
  try {
    const count = writeSync(2, bytes);
    setImmediate(() => taken(count));
    return true;
  } catch {
    return false;
  }
}

function taken(count: number): void {
  waitingBytes -= count;
  const bytes = waiting[0] as Uint8Array;
  if (count === bytes.length) waiting.shift();
  else waiting[0] = bytes.subarray(count);
  writeNext();
}

function giveUp(): void {
  isBroken = true;
  waiting.length = 0;
  waitingBytes = 0;
  writeNext();
}
