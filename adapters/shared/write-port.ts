/** Writing a worker's frames to its port, synchronously, by way of node:fs (Node and Bun). */

import { fstatSync, writevSync } from "node:fs";
import { slicePieces } from "../../core/bytes.ts";
import { process } from "./own-process.ts";
import { MOST_PIECES } from "./write-stdout.ts";

const PORTS = { "0,1": { read: 0, write: 1 }, "3": { read: 3, write: 3 }, "3,4": { read: 3, write: 4 } };
const [, , said] = process.argv;
const isSaid = said === "3" || said === "3,4";
// A script finds the arguments that the runtime itself would give it.
if (isSaid) process.argv.splice(2, 1);

/** The descriptors that the port is read from and written to. */
export const PORT = PORTS[isSaid ? said : "0,1"];

/** What these are, before any of the script's code has run. */
const identities = new Map([PORT.read, PORT.write].map((descriptor) => [descriptor, identityOf(descriptor)]));

/** Writes and waits: what a worker has to say is bounded, and a frame in one piece cannot be torn. */
export function writeAllToPort(pieces: readonly Uint8Array[]): void {
  checkPort();
  let rest = pieces;
  while (rest.length > 0) {
    try {
      rest = slicePieces(rest, writevSync(PORT.write, rest.slice(0, MOST_PIECES)));
    } catch (error) {
      const { code } = error as { code?: string };
      // It is full.
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      // The coordinator is gone: there is nothing left to work for.
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
  for (const [descriptor, identity] of identities) {
    if (identity === identityOf(descriptor)) continue;
    process.stderr.write(`the script has closed descriptor ${descriptor}, which belongs to pmap\n`);
    process.exit(1);
  }
}

function identityOf(descriptor: number): string {
  try {
    const { dev, ino } = fstatSync(descriptor);
    return `${dev}:${ino}`;
  } catch {
    return "closed";
  }
}
