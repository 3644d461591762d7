/** `-o FILE`: the output is written beside the file, which it replaces when it is complete. */
import { closeSync, constants, lstatSync, openSync, rmSync, statSync, truncateSync } from "node:fs";
import { createFileSink } from "../../core/coordinator/commit/sinks.ts";
import { JobError } from "../../core/errors.ts";
import type { OutputFile, Runtime } from "../../core/platform/runtime.ts";
import { openOutput } from "../shared/positional-files.ts";
import { reasonOf, writeAtStart } from "./file-errors.ts";
import type { Output } from "./output.ts";
import { namesBeside } from "./output-names.ts";
import { canBeReplaced, copyInPlace, moveInPlace } from "./replace-file.ts";

/**
 * `-o FILE`: a file beside it, which takes its place when it is complete. No reader sees half a file.
 * @param resumeAt how much of what an earlier run has written still counts
 * @throws {UsageError} when the output cannot be written
 */
export function createFileOutput(path: string, runtime: Runtime, resumeAt: number | undefined): Output {
  const { temporary } = namesBeside(path);
  const existing = statSync(path, { throwIfNoEntry: false });
  let file: OutputFile | undefined;
  const close = () => {
    file?.close();
    file = undefined;
  };
  let isInPlace = false;
  let isComplete = false;
  writeAtStart(path, () => {
    isInPlace = existing !== undefined && !canBeReplaced(path, existing);
    if (isInPlace) closeSync(openSync(path, "r+"));
    if (resumeAt === undefined) createTemporary(temporary);
    else truncateSync(temporary, resumeAt);
  });
  return {
    workerPath: temporary,
    createSink(ends) {
      file = openOutput(temporary);
      return createFileSink({ file, name: path, ends, text: runtime.text, begin: 0, resumeAt });
    },
    close,
    async complete() {
      isComplete = true;
      try {
        close();
        if (isInPlace) copyInPlace(temporary, path);
        else moveInPlace(temporary, path, existing);
      } catch (error) {
        // What has been worked for is not thrown away.
        throw new JobError(`Cannot write "${path}": ${reasonOf(error)}\nThe complete output is in "${temporary}"`, {
          about: "output",
        });
      }
    },
    async abandon() {
      close();
      if (!isComplete) rmSync(temporary, { force: true });
    },
  };
}

/** A new file that only its user can read: an existing file of that name is not written to, and a link is not followed. */
function createTemporary(temporary: string): void {
  const found = lstatSync(temporary, { throwIfNoEntry: false });
  // What a dead pmap has left, or a link.
  if (found !== undefined && (found.isFile() || found.isSymbolicLink())) rmSync(temporary);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  closeSync(openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
}
