/** What stands in the lock file of an output, and locks that count by the file being there. */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { JobError } from "../../core/errors.ts";
import { type Fate, fateOf, type Owner, ownOwner, parseOwner } from "./file-owner.ts";

export interface Lock {
  release(): void;
}

/** How a lock file counts: by the system's lock on it, or by being there. */
type Kind = "flock" | "file";

export interface Holder {
  readonly owner: Owner;
  readonly kind: Kind;
  readonly text: string;
}

/** What a lock file says, by name (a link is not followed) or open; undefined when it says nothing that we could have written. */
export function readHolder(lock: string | number): Holder | undefined {
  let text: string;
  try {
    text = typeof lock === "number" ? readFrom(lock) : readNoLink(lock);
  } catch {
    return undefined;
  }
  const owner = parseOwner(text);
  return owner && { owner, text, kind: (JSON.parse(text) as { lock: unknown }).lock === "flock" ? "flock" : "file" };
}

function readNoLink(lock: string): string {
  const fd = openSync(lock, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readFrom(fd);
  } finally {
    closeSync(fd);
  }
}

/** More than an owner takes is not one. */
const OWNER_BYTES = 4096;

function readFrom(fd: number): string {
  const bytes = Buffer.alloc(OWNER_BYTES);
  return bytes.toString("utf8", 0, readSync(fd, bytes, 0, OWNER_BYTES, 0));
}

export function textOf(lock: Kind): string {
  return `${JSON.stringify({ ...ownOwner(), lock })}\n`;
}

/**
 * Locks by a file: where the system has no lock, it counts by being there, and its owner tells whether it still does.
 * @throws {JobError} when another pmap has it, or may have it
 */
export function lockByFile(path: string, lock: string): Lock {
  for (;;) {
    if (createWhole(lock)) return { release: () => rmSync(lock, { force: true }) };
    const holder = readHolder(lock);
    const fate = holder === undefined ? "unknown" : fateOf(holder.owner);
    if (holder !== undefined && fate === "gone") removeStale(path, lock, holder);
    // It may have been released between two looks.
    else if (lstat(lock) !== undefined) throw refused(path, lock, holder, fate);
  }
}

/**
 * Removes the lock file of a dead pmap. One pmap at a time: between the look at the file and its removal another one could have
 * replaced it by its own.
 */
function removeStale(path: string, lock: string, dead: Holder): void {
  const turn = `${lock}-stale`;
  if (!createWhole(turn)) throw refused(path, turn, readHolder(turn), "unknown");
  try {
    if (readHolder(lock)?.text === dead.text) rmSync(lock, { force: true });
  } finally {
    rmSync(turn, { force: true });
  }
}

/** Creates a lock file with all that is in it; false if it is there already. */
function createWhole(lock: string): boolean {
  const whole = `${lock}-${crypto.randomUUID()}`;
  writeFileSync(whole, textOf("file"), { flag: "wx", mode: 0o600 });
  try {
    return isDone(() => linkSync(whole, lock));
  } catch {
    // A file system without links. As long as the file is empty, its owner counts as unknown.
    return isDone(() => writeFileSync(lock, textOf("file"), { flag: "wx", mode: 0o600 }));
  } finally {
    rmSync(whole, { force: true });
  }
}

function isDone(create: () => void): boolean {
  try {
    create();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

export function refused(path: string, lock: string, holder: Holder | undefined, fate: Fate): JobError {
  const who = holder === undefined ? "" : ` (process ${holder.owner.pid} on ${holder.owner.host})`;
  if (fate === "alive")
    return new JobError(`Cannot write "${path}": another pmap${who} is writing it`, { about: "output" });
  return new JobError(`Cannot write "${path}": another pmap${who} may be writing it\nIf it is gone, remove "${lock}"`, {
    about: "output",
  });
}

export function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
