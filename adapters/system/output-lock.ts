/**
 * One pmap at a time writes an output: a lock file beside it. Where the system has flock(2) the lock is the
 * system's, held by our open file: it is gone with the process, however that ends, and it is the same lock in every container
 * that sees the folder. No runtime but Deno has the call, but the program of that name can lock a descriptor that it is
 * given, and the lock stays with the open file, which is ours. Where there is no such program (macOS), the file counts by being there, and
 * its owner tells whether it still does.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, rmSync, type Stats, writeSync } from "node:fs";
import { JobError, UsageError } from "../../core/errors.ts";
import { reasonOf } from "./file-errors.ts";
import { fateOf } from "./file-owner.ts";
import { runFlock } from "./flock.ts";
import { type Holder, type Lock, lockByFile, lstat, readHolder, refused, textOf } from "./lock-file.ts";
import { namesBeside, statOrFail } from "./output-names.ts";
import { findProgram } from "./programs.ts";

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

function isSame(one: Stats, other: Stats | undefined): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}
