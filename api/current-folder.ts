/** The folder that the user is in, which may have been deleted since they went there. */
import { isUtf8 } from "../adapters/system/file-errors.ts";
import { UsageError } from "../core/errors.ts";

/** @throws {UsageError} when there is none */
export function currentFolder(): string {
  try {
    const folder = process.cwd();
    if (isUtf8(folder)) return folder;
    throw new UsageError("Cannot run in the current folder: its path is not UTF-8\nGo to another one");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError("Cannot run in the current folder: it was deleted\nGo to another one");
  }
}
