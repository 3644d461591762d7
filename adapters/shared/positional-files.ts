/** Files at positions, by way of node:fs, which Node and Bun share (Deno has its own in deno/host.ts: its node:fs starts slowly). */

import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import type { InputFile, OutputFile, SpillFile } from "../../core/platform/runtime.ts";
import { process } from "./own-process.ts";
import { type ChannelEnds, fifosOf, openUri } from "./uri-files.ts";

/** @param path may stand for a URI, too */
export function openInput(path: string): InputFile {
  const far = openUri(path, openEnds);
  if (far !== undefined) return far;
  const { fd, close } = opened(path, "r");
  return {
    read: (target, at, length, position) => readSync(fd(), target, at, length, position),
    close,
    identity: () => identityOf(fstatSync(fd())),
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
  const { fd, close } = opened(path, path.startsWith("/proc/") ? "r+" : constants.O_RDWR | constants.O_NOFOLLOW);
  return {
    write(pieces, position) {
      let at = position;
      for (const piece of pieces) {
        writeAll(fd(), piece, at);
        at += piece.length;
      }
    },
    close,
  };
}

export function createSpill(folder: string, worker: number): SpillFile {
  // A job that goes on needs the runs of workers that are gone, and numbers of processes come again.
  const path = `${folder}/run-${process.pid}-${worker}-${crypto.randomUUID()}`;
  const { fd, close } = opened(path, "wx+");
  let end = 0;
  return {
    path,
    read: (target, at, length, position) => readSync(fd(), target, at, length, position),
    append(bytes) {
      const start = end;
      writeAll(fd(), bytes, start);
      end += bytes.length;
      return start;
    },
    close,
  };
}

/** Descriptors are numbers that come again: a file that has been closed must not read or write another one. */
function opened(path: string, flags: string | number): { fd(): number; close(): void } {
  let open: number | undefined = openSync(path, flags);
  return { fd, close };

  function fd(): number {
    if (open === undefined) throw new Error("it has been closed");
    return open;
  }

  function close(): void {
    const last = fd();
    open = undefined;
    closeSync(last);
  }
}

/** @param position null where the file has none */
function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done);
}
