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
 */
export async function* fifoBytes(path: string): AsyncGenerator<Uint8Array> {
  const { Socket } = await import("node:net");
  yield* new Socket({ fd: await opened(path), readable: true, writable: false });
}

function opened(path: string): Promise<number> {
  // A writer that is gone at once ends the wait for one.
  const release = () => {
    try {
      closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // It is gone, or may not be written to: then its writer ends the wait.
    }
  };
  process.on("exit", release);
  return new Promise((resolve, reject) => {
    open(path, "r", (error, fd) => {
      process.off("exit", release);
      if (error === null) resolve(fd);
      else reject(error);
    });
  });
}

/** Opens a FIFO for writing when it has a reader. An open that waits for one would stop the whole process, deaf to signals. */
export async function openFifo(path: string): Promise<number> {
  for (;;) {
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
