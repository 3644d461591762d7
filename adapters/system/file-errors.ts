/** What the system says of a file, in a user's words. */
import { dirname } from "node:path";
import { JobError, systemReason, UsageError } from "../../core/errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "no space left on the device",
  EISDIR: "it is a folder",
  EROFS: "the file system is read-only",
  ELOOP: "too many symbolic links",
};

/** @param written the file that was to be made: what is not there is its folder */
export function reasonOf(error: unknown, written?: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" && written !== undefined) return `there is no folder "${dirname(written)}"`;
  return REASONS[code ?? ""] ?? systemReason(message);
}

/** Runtimes put U+FFFD in place of bytes that are not UTF-8: another name, which several names become. */
export function isUtf8(path: string): boolean {
  return !path.includes("\uFFFD");
}

/**
 * Writes to a file before the first record.
 * @throws {UsageError} when it cannot be written
 */
export function writeAtStart<T>(path: string, write: () => T): T {
  if (!isUtf8(path))
    throw new UsageError(`Cannot write "${path}": its name is not UTF-8\nRedirect to it, or choose another name`, {
      about: "output",
    });
  try {
    return write();
  } catch (error) {
    throw new UsageError(`Cannot write "${path}": ${reasonOf(error, path)}`, { about: "output" });
  }
}

/**
 * Writes to a file while the job runs.
 * @throws {JobError} when it cannot be written
 */
export function writeInJob<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new JobError(`Cannot write "${path}": ${reasonOf(error, path)}`, { about: "output" });
  }
}
