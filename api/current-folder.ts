/** The folder that the user is in, which may have been deleted since they went there. */
import { UsageError } from "../core/errors.ts";

/** @throws {UsageError} when there is none */
export function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new UsageError("Cannot run in the current folder: it was deleted\nGo to another one");
  }
}
