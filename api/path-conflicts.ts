/** What a job writes from its beginning must not be what it reads, or what else it writes. */
import { resolve } from "node:path";
import { isSameFile } from "../adapters/system/file-stats.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

type Written = Pick<JobOptions, "outputPath">;

/** @throws {UsageError} when the errors file is in use, or when there will be no rejects */
export function checkErrorsPath(
  path: string,
  plan: Written,
  { onError }: Pick<ScriptSettings, "onError">,
  sources: readonly Source[],
): void {
  if (onError === "fail") throw errorsWithoutRejects();
  checkFree(path, "write rejects", plan, sources);
}

export function errorsWithoutRejects(): UsageError {
  return new UsageError("Cannot use --errors with --on-error fail: there are no rejects to write\nSay --on-error skip");
}

/** @throws {UsageError} when the file is an input or the output */
export function checkFree(path: string, what: string, { outputPath }: Written, sources: readonly Source[]): void {
  const isSame = (other: string) => resolve(other) === resolve(path) || isSameFile(other, path);
  if (outputPath !== undefined && isSame(outputPath))
    throw new UsageError(`Cannot ${what} to "${path}": it is the output`);
  if (sources.some((source) => source.kind === "file" && isSame(source.path)))
    throw new UsageError(`Cannot ${what} to "${path}": it is an input\nWrite them to another file`);
}
