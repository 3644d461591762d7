/** Files at positions, by way of node:fs, which Node and Bun share (Deno has its own in deno/host.ts: its node:fs starts slowly). */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import type { InputFile, OutputFile, SpillFile } from "../../core/platform/runtime.ts";
import { type ChannelEnds, fifosOf, openUri } from "./uri-files.ts";

/** @param path may stand for a URI, too */
export function openInput(path: string): InputFile {
  const far = openUri(path, openEnds);
  if (far !== undefined) return far;
  const fd = openSync(path, "r");
  return {
    read: (target, at, length, position) => readSync(fd, target, at, length, position),
    close: () => closeSync(fd),
    identity: () => identityOf(fstatSync(fd)),
  };
}

function openEnds(channel: string): ChannelEnds {
  const { ask, answer } = fifosOf(channel, process.pid);
  return fifoEnds(openSync(ask, "w"), openSync(answer, "r"));
}

export function fifoEnds(ask: number, answer: number): ChannelEnds {
  return {
    write: (bytes) => writeAll(ask, bytes, null),
    read: (target) => readSync(answer, target, 0, target.length, null),
    close() {
      closeSync(ask);
      closeSync(answer);
    },
  };
}

export function identityOf({ dev, ino, size, mtimeMs }: InputIdentity): InputIdentity {
  return { dev, ino, size, mtimeMs: Math.floor(mtimeMs) };
}

/** Opens for writing at positions; what is there already stays. */
export function openOutput(path: string): OutputFile {
  // The names below /proc/PID/fd are links to what the shell has opened.
  const fd = openSync(path, path.startsWith("/proc/") ? "r+" : constants.O_RDWR | constants.O_NOFOLLOW);
  return {
    write(pieces, position) {
      let at = position;
      for (const piece of pieces) {
        writeAll(fd, piece, at);
        at += piece.length;
      }
    },
  };
}

export function createSpill(folder: string, worker: number): SpillFile {
  // A job that goes on needs the runs of workers that are gone, and numbers of processes come again.
  const path = `${folder}/run-${process.pid}-${worker}-${crypto.randomUUID()}`;
  const fd = openSync(path, "wx+");
  let end = 0;
  return {
    path,
    read: (target, at, length, position) => readSync(fd, target, at, length, position),
    append(bytes) {
      const start = end;
      writeAll(fd, bytes, start);
      end += bytes.length;
      return start;
    },
    close: () => closeSync(fd),
  };
}

/** @param position null where the file has none */
function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done);
}
