/** FIFOs, whose other end may not be there: what waits for it must not keep the process from ending. */
import { closeSync, constants, open, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { statsOf } from "./file-stats.ts";

/** How often a FIFO is asked for a reader, in milliseconds. */
const ASK_MS = 50;

export function isFifo(path: string): boolean {
  return statsOf(path)?.isFIFO() === true;
}

/**
 * The bytes of a FIFO, for Node: an open or a read that waits there holds one of its threads, and the process ends only when
 * the thread does. A socket waits without a thread.
 * @param ended aborted when no more of them is wanted
 */
export async function* fifoBytes(path: string, ended?: AbortSignal): AsyncGenerator<Uint8Array> {
  const [{ Socket }, { addAbortSignal }] = await Promise.all([import("node:net"), import("node:stream")]);
  const socket = new Socket({ fd: await opened(path, ended), readable: true, writable: false });
  yield* ended === undefined ? socket : addAbortSignal(ended, socket);
}

function opened(path: string, ended: AbortSignal | undefined): Promise<number> {
  ended?.throwIfAborted();
  const stop = releaseAtEnd(path, ended);
  return new Promise((resolve, reject) => {
    open(path, "r", (error, fd) => {
      stop();
      if (error === null) resolve(fd);
      else reject(error);
    });
  });
}

/**
 * Ends the wait of an open for reading when `ended` is aborted, or the process ends.
 * @returns a function that the caller calls when the open has ended
 */
export function releaseAtEnd(path: string, ended: AbortSignal | undefined): () => void {
  // A writer that is gone at once ends the wait for one.
  const release = () => {
    try {
      const writer = openAtOnce(path);
      if (writer !== undefined) closeSync(writer);
    } catch {
      // It is gone, or may not be written to: then its writer ends the wait.
    }
  };
  let again: NodeJS.Timeout | undefined;
  const onEnd = () => {
    release();
    // The thread that opens it may not have come to it yet.
    again = setInterval(release, ASK_MS);
  };
  process.on("exit", release);
  ended?.addEventListener("abort", onEnd);
  return () => {
    process.off("exit", release);
    ended?.removeEventListener("abort", onEnd);
    clearInterval(again);
  };
}

/**
 * Opens a FIFO for writing when it has a reader. An open that waits for one would stop the whole process, deaf to signals.
 * @param ended ends the wait: it rejects with the reason
 */
export async function openFifo(path: string, ended?: AbortSignal): Promise<number> {
  for (;;) {
    ended?.throwIfAborted();
    const first = openAtOnce(path);
    if (first === undefined) {
      await sleep(ASK_MS);
      continue;
    }
    // Not this one, whose writes do not wait for a slow reader; but without a writer in between the reader would see the end.
    try {
      return openSync(path, "a");
    } finally {
      closeSync(first);
    }
  }
}

/** @returns undefined where the FIFO has no reader */
function openAtOnce(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENXIO") return undefined;
    throw error;
  }
}
