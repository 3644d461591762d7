/**
 * One pmap at a time writes an output: a lock file beside it. Where the system has flock(2) the lock is the
 * system's, held by our open file: it is gone with the process, however that ends, and it is the same lock in every container
 * that sees the folder. No runtime but Deno has the call, but the program of that name can lock a descriptor that it is
 * given, and the lock stays with the open file, which is ours. Where there is no such program (macOS), the file counts by being there, and
 * its owner tells whether it still does.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
} from "node:fs";
import { JobError, UsageError } from "../../core/errors.ts";
import { reasonOf } from "./file-errors.ts";
import { type Fate, fateOf, type Owner, ownOwner, parseOwner } from "./file-owner.ts";
import { namesBeside, statOrFail } from "./output-names.ts";
import { findProgram } from "./programs.ts";

export interface Lock {
  release(): void;
}

/** How a lock file counts: by the system's lock on it, or by being there. */
type Kind = "flock" | "file";

/**
 * Locks an output.
 * @throws {JobError} when another pmap writes it, or may be writing it, or the place cannot be written
 */
export async function lockOutput(path: string): Promise<Lock> {
  const existing = statOrFail(path);
  if (existing?.isDirectory()) throw new UsageError(`Cannot write "${path}": it is a folder`, { about: "output" });
  if (existing !== undefined && !existing.isFile()) {
    throw new UsageError(`Cannot write "${path}": it is not a regular file\nRedirect stdout to it`, {
      about: "output",
    });
  }
  const { lock } = namesBeside(path);
  try {
    return (await lockBySystem(path, lock)) ?? lockByFile(path, lock);
  } catch (error) {
    if (error instanceof JobError) throw error;
    throw new UsageError(`Cannot write "${path}": ${reasonOf(error, path)}`, { about: "output" });
  }
}

/** Undefined where the system has no such lock. */
async function lockBySystem(path: string, lock: string): Promise<Lock | undefined> {
  const flock = findProgram("flock");
  if (flock === undefined) return undefined;
  for (;;) {
    const opened = openLock(path, lock);
    if (opened === undefined) continue;
    const { fd, isNew } = opened;
    let kept = false;
    try {
      const outcome = await runFlock(flock, fd, "-xn");
      if (outcome === "held") throw refused(path, lock, readHolder(fd), "alive");
      if (outcome === "unsupported") {
        if (isNew) rmSync(lock, { force: true });
        return undefined;
      }
      // If the one who had the lock has removed the file meanwhile, another pmap cannot see this one.
      if (!isSame(fstatSync(fd), lstat(lock))) continue;
      checkHolder(path, lock, readHolder(fd));
      try {
        ftruncateSync(fd);
        writeSync(fd, textOf("flock"), 0);
      } catch (error) {
        rmSync(lock, { force: true });
        throw error;
      }
      kept = true;
      return { release: () => release(fd, lock) };
    } finally {
      if (!kept) closeSync(fd);
    }
  }
}

/** Undefined when it was removed between two looks. */
function openLock(path: string, lock: string): { fd: number; isNew: boolean } | undefined {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const found = lstat(lock);
  if (found?.isFile() === false) {
    throw new JobError(`Cannot write "${path}": its lock file "${lock}" is not a regular file\nRemove it`, {
      about: "output",
    });
  }
  try {
    if (found === undefined) return { fd: openSync(lock, O_RDWR | O_CREAT | O_EXCL, 0o600), isNew: true };
    return { fd: openSync(lock, O_RDWR | O_NOFOLLOW), isNew: false };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === (found === undefined ? "EEXIST" : "ENOENT")) return undefined;
    if (code !== "EACCES" || found === undefined) throw error;
    throw new JobError(
      `Cannot write "${path}": its lock file "${lock}" belongs to another user\nRemove it if no pmap writes there`,
      { about: "output" },
    );
  }
}

/**
 * Locks an open file until we end: for this process alone, where that is wanted and no other has a lock on it; otherwise together
 * with others, once none of them has it alone. Undefined where there is no such lock.
 * @param onWait called once when there is an owner to wait for
 */
export async function lockOpenFile(
  fd: number,
  wanted: "owned" | "shared",
  onWait: () => void,
): Promise<"owned" | "shared" | undefined> {
  const flock = findProgram("flock");
  if (flock === undefined) return undefined;
  if (wanted === "owned" && (await runFlock(flock, fd, "-xn")) === "taken") return "owned";
  const outcome = await runFlock(flock, fd, "-sn");
  if (outcome === "held") {
    onWait();
    await runFlock(flock, fd, "-s");
  }
  return outcome === "unsupported" ? undefined : "shared";
}

/** Runs a program that locks our open file, which it gets as its stdin, and ends. */
function runFlock(program: string, fd: number, how: "-xn" | "-sn" | "-s"): Promise<"taken" | "held" | "unsupported"> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(program, [how, "0"], { stdio: [fd, "ignore", "ignore"] });
    child.on("error", () => resolve("unsupported"));
    child.on("exit", (code) => resolve(code === 0 ? "taken" : code === 1 ? "held" : "unsupported"));
  });
}

/** The file may still count by being there, for a pmap that found no flock. */
function checkHolder(path: string, lock: string, holder: Holder | undefined): void {
  if (holder?.kind !== "file") return;
  const fate = fateOf(holder.owner);
  if (fate !== "gone") throw refused(path, lock, holder, fate);
}

function release(fd: number, lock: string): void {
  // While it is ours: behind the closing it may be another pmap's.
  if (isSame(fstatSync(fd), lstat(lock))) rmSync(lock, { force: true });
  closeSync(fd);
}

function lockByFile(path: string, lock: string): Lock {
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

interface Holder {
  readonly owner: Owner;
  readonly kind: Kind;
  readonly text: string;
}

/** What a lock file says, by name (a link is not followed) or open; undefined when it says nothing that we could have written. */
function readHolder(lock: string | number): Holder | undefined {
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

function textOf(lock: Kind): string {
  return `${JSON.stringify({ ...ownOwner(), lock })}\n`;
}

function refused(path: string, lock: string, holder: Holder | undefined, fate: Fate): JobError {
  const who = holder === undefined ? "" : ` (process ${holder.owner.pid} on ${holder.owner.host})`;
  if (fate === "alive")
    return new JobError(`Cannot write "${path}": another pmap${who} is writing it`, { about: "output" });
  return new JobError(`Cannot write "${path}": another pmap${who} may be writing it\nIf it is gone, remove "${lock}"`, {
    about: "output",
  });
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isSame(one: Stats, other: Stats | undefined): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}
