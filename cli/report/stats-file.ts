/** `--stats=FILE`: whether the file can be written is known before the job, and what it says after it. */
import { writeFileSync } from "node:fs";
import { type JobError, reasonOf } from "../../api/errors.ts";
import type { JobOptions } from "../../api/options.ts";
import { onlyMissing, prepareFile } from "../../api/report/report-files.ts";

export interface StatsFile {
  /** @throws {UsageError} when the file cannot be written */
  prepare(): void;
  /** @returns why it is missing */
  write(text: string): JobError | undefined;
  /** Of a job that is not done there are no stats. */
  remove(): void;
}

/** Undefined where the job has no such file. */
export function statsFile({ stats }: Pick<JobOptions, "stats">): StatsFile | undefined {
  const path = stats?.path;
  if (path === undefined) return undefined;
  let undo = () => {};
  const remove = () => undo();
  return {
    prepare() {
      undo = prepareFile(path);
      process.once("exit", remove);
    },
    write(text) {
      undo = () => {};
      try {
        writeFileSync(path, text);
        return undefined;
      } catch (error) {
        return onlyMissing(new Error(`Cannot write "${path}": ${reasonOf(error, path)}`), "stats file");
      }
    },
    remove,
  };
}
