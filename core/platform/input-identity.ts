/** Which file an input was when the job started, so that another one in its place is found out. */
import { JobError } from "../errors.ts";

export interface InputIdentity {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  /** Whole milliseconds. */
  readonly mtimeMs: number;
}

/** What is known of it: on another machine the same file has another device and number. */
export type KnownIdentity = Pick<InputIdentity, "size"> & Partial<InputIdentity>;

/** @throws {JobError} when it is another file, or has been rewritten: one that has grown is read up to its size at the start */
export function checkIdentity(
  { name, identity: then }: { readonly name: string; readonly identity?: KnownIdentity | undefined },
  now: InputIdentity | undefined,
): void {
  if (then === undefined || now === undefined) return;
  if ((then.dev ?? now.dev) !== now.dev || (then.ino ?? now.ino) !== now.ino)
    throw changed(name, "it was replaced by another file");
  if (now.size < then.size) throw changed(name, `it has ${now.size} bytes, and had ${then.size} when the job started`);
  if (now.size === then.size && (then.mtimeMs ?? now.mtimeMs) !== now.mtimeMs) throw changed(name, "it was written to");
}

function changed(name: string, how: string): JobError {
  return new JobError(
    `Cannot read "${name}": ${how} while the job was running\nRun the job again on a file that stays as it is`,
    { about: "input" },
  );
}
