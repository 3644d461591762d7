/** The errors file: one JSON object a reject, in input order. */
import { closeSync, openSync, writeSync } from "node:fs";
import { reasonOf } from "../adapters/inputs.ts";
import { JobError } from "../core/failure.ts";
import type { PlacedReject } from "../core/job.ts";

export interface RejectsFile {
  write(rejects: readonly PlacedReject[]): undefined;
  close(): void;
}

export function createRejectsFile(path: string): RejectsFile {
  const fd = attempt(path, () => openSync(path, "w"));
  return {
    write(rejects) {
      const lines = rejects.map((reject) => `${JSON.stringify(entryOf(reject))}\n`).join("");
      attempt(path, () => writeSync(fd, lines));
    },
    close: () => closeSync(fd),
  };
}

function entryOf({ sourceName, line, failure }: PlacedReject): Record<string, unknown> {
  const { offset, kind, message, stack, raw, base64, attempts, signal, exitCode } = failure;
  return { source: sourceName, line, offset, kind, message, stack, record: raw, base64, attempts, signal, exitCode };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new JobError(`Cannot write "${path}": ${reasonOf(error)}`);
  }
}
