/**
 * What goes to stderr: everything, in order, however slow its reader is; and a job does not depend on its log, so that a closed
 * pipe or a full disk there is no error.
 *
 * By way of node:fs: process.stderr drops what is still waiting when the process ends.
 */
import { write, writeSync } from "node:fs";

/** When more than this waits, the job waits, too. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 2;

const waiting: Uint8Array[] = [];
let waitingBytes = 0;
let isWriting = false;
let isBroken = false;
const onDrained: (() => void)[] = [];

export function log(text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  if (isBroken || bytes.length === 0) return;
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
