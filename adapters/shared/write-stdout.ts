/** Writing the coordinator's stdout, many pieces at once (Node and Bun). */
import { writev } from "node:fs";
import { slicePieces } from "../../core/bytes.ts";

/** By way of the thread pool: process.stdout would block the event loop while a slow reader reads. */
export async function writeStdout(pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces.filter(({ length }) => length > 0);
  while (rest.length > 0) {
    const count = await writeOnce(rest);
    rest = slicePieces(rest, count);
  }
}

/** The most pieces that one writev takes (IOV_MAX). */
export const MOST_PIECES = 1024;

function writeOnce(pieces: readonly Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(1, pieces.slice(0, MOST_PIECES), (error, count) => {
      if (error === null) resolve(count);
      else if (error.code === "EAGAIN") setTimeout(() => resolve(0), 1);
      else reject(error);
    });
  });
}
