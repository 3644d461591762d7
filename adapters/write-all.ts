/** Writing a worker's frames to descriptor 1, synchronously, by way of node:fs (Node and Bun). */
import { fstatSync, writevSync } from "node:fs";
import { slicePieces } from "../core/frames.ts";
import { MOST_PIECES } from "./write-stdout.ts";

/** What descriptors 0 and 1 are, before any of the script's code has run. */
const port = [identityOf(0), identityOf(1)];

/** Writes and waits: what a worker has to say is bounded, and a frame in one piece cannot be torn. */
export function writeAllToStdout(pieces: readonly Uint8Array[]): void {
  checkPort();
  let rest = pieces;
  while (rest.length > 0) {
    try {
      rest = slicePieces(rest, writevSync(1, rest.slice(0, MOST_PIECES)));
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
