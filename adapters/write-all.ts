/** Writing a worker's frames to descriptor 1, synchronously, by way of node:fs (Node and Bun). */
import { writeSync } from "node:fs";

/** Writes and waits: what a worker has to say is bounded, and a frame in one piece cannot be torn. */
export function writeAllToStdout(pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      try {
        done += writeSync(1, piece, done, piece.length - done);
      } catch (error) {
        const { code } = error as { code?: string };
        // Somebody has made descriptor 1 non-blocking.
        if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        // The coordinator is gone: nobody is left to work for.
        else if (code === "EPIPE") process.exit(0);
        else throw error;
      }
    }
  }
}
