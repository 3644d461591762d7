/** The folder for sorted runs. It goes with us, however we go; what a dead pmap has left behind goes with the next. */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { reasonOf } from "./file-errors.ts";
import { fateOf, ownOwner, parseOwner } from "./file-owner.ts";
import { MARKER, type Reaper } from "./reaper.ts";

/** Only saves looking into every other folder: what is ours is told by the marker. */
const PREFIX = "pmap-";
/** What a worker calls its runs. */
const RUN = /^run-/;

/** @throws {UsageError} when there is no folder for temporary files that can be written */
export function createSpillFolder(reaper: Reaper): { readonly path: string; remove(): void } {
  // A whole name: a script may change its worker's folder.
  const folder = resolve(tmpdir());
  removeStale(folder);
  const { path, marker } = makeFolder(folder);
  reaper.own(path, marker);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function makeFolder(folder: string): { path: string; marker: string } {
  let path: string | undefined;
  try {
    path = mkdtempSync(join(folder, PREFIX));
    // Whatever the umask has taken away.
    chmodSync(path, 0o700);
    // A copy of the folder, or what the user has moved elsewhere, is not ours.
    const marker = JSON.stringify({ ...ownOwner(), folder: basename(path), inode: lstatSync(path).ino });
    writeFileSync(join(path, MARKER), `${marker}\n`, { flag: "wx", mode: 0o600 });
    return { path, marker };
  } catch (error) {
    if (path !== undefined) rmSync(path, { recursive: true, force: true });
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "there is no such folder" : reasonOf(error);
    throw new UsageError(`Cannot write to "${folder}": ${reason}\nSet TMPDIR to a folder that can be written`, {
      about: "output",
    });
  }
}

function removeStale(folder: string): void {
  for (const name of namesIn(folder)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(folder, name);
    try {
      if (isStale(path, name)) removeFlat(path);
    } catch {
      // It is not ours, or another pmap is removing it.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A folder may be writable and not readable; what is really wrong shows when it is written to.
    return [];
  }
}

/** Whether a folder is one that a pmap of this user has made, and that pmap is known to be gone. */
function isStale(path: string, name: string): boolean {
  const stats = lstatSync(path);
  if (!stats.isDirectory() || (stats.mode & 0o777) !== 0o700 || stats.uid !== process.getuid?.()) return false;
  const text = readMarker(join(path, MARKER), stats.uid);
  const owner = parseOwner(text);
  if (owner === undefined || fateOf(owner) !== "gone") return false;
  const { folder, inode } = JSON.parse(text) as { folder: unknown; inode: unknown };
  return folder === name && inode === stats.ino;
}

function readMarker(path: string, uid: number): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    return stats.isFile() && stats.uid === uid ? readFileSync(fd, "utf8") : "";
  } finally {
    closeSync(fd);
  }
}

/** Removes what a pmap puts into such a folder and nothing else; the marker last, so that the next pmap can go on. */
function removeFlat(path: string): void {
  const names = readdirSync(path);
  for (const name of names) if (RUN.test(name)) unlinkSync(join(path, name));
  if (names.every((name) => RUN.test(name) || name === MARKER)) {
    unlinkSync(join(path, MARKER));
    rmdirSync(path);
  }
}
