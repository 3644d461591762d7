/** Writing a worker's frames to descriptor 1, synchronously, by way of node:fs (Node and Bun). */
import { fstatSync, writeSync } from "node:fs";

/** What descriptors 0 and 1 are, before any of the script's code has run. */
const port = [identityOf(0), identityOf(1)];

/** Writes and waits: what a worker has to say is bounded, and a frame in one piece cannot be torn. */
export function writeAllToStdout(pieces: readonly Uint8Array[]): void {
  checkPort();
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

/**
 * Leaves when the script has closed a descriptor of ours. It may be a file of the script's by now, which is not to get
 * our frames; and from a closed descriptor 0 nothing would ever come again. Two system calls a frame are cheap.
 */
function checkPort(): void {
  const closed = port.findIndex((identity, descriptor) => identity !== identityOf(descriptor));
  if (closed === -1) return;
  process.stderr.write(`the script has closed descriptor ${closed}, which belongs to pmap\n`);
  process.exit(1);
}

function identityOf(descriptor: number): string {
  try {
    const { dev, ino } = fstatSync(descriptor);
    return `${dev}:${ino}`;
  } catch {
    return "closed";
  }
}
