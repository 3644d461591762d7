/** stdout as an output: a file that the shell has opened is written by the workers, everything else by us. */
import { closeSync, fstatSync, openSync, statSync, truncateSync } from "node:fs";
import { createFileSink } from "../../core/coordinator/commit/sinks.ts";
import { JobError, ReaderGone } from "../../core/errors.ts";
import type { OutputFile, Runtime } from "../../core/platform/runtime.ts";
import { openOutput } from "../shared/positional-files.ts";
import { reasonOf } from "./file-errors.ts";
import { lockOpenFile } from "./flock.ts";
import { createStreamOutput, type Output } from "./output.ts";
import { findProgram } from "./programs.ts";
import { redirectedFile } from "./redirected-file.ts";

export interface StdoutOptions {
  /** Whether workers may write a redirected file at positions: then others wait until this job has ended. */
  readonly mayOwnFile: boolean;
  /** Called when another pmap owns the same file: this one waits for its end. */
  readonly onWait: () => void;
}

/** stdout: a file that the shell has opened is written by the workers, if no other pmap writes to it; everything else by us. */
export async function createStdoutOutput(runtime: Runtime, options: StdoutOptions): Promise<Output> {
  const file = await ownFile(options);
  if (file === undefined) return createStreamOutput({ write: (pieces) => writeStdout(runtime, pieces) }, runtime);
  const { path, position } = file;
  const moveOn = async (end: number) => {
    if (redirectedFile(1)?.position !== position)
      throw new JobError(
        "Cannot write to stdout: another program has written to the same file meanwhile\nPut | cat behind pmap",
        { about: "output" },
      );
    await advanceStdout(runtime, end - position);
  };
  let opened: OutputFile | undefined;
  const close = () => {
    opened?.close();
    opened = undefined;
  };
  return {
    workerPath: path,
    createSink(ends) {
      opened = openOutput(path);
      return createFileSink({
        file: opened,
        name: "stdout",
        ends,
        text: runtime.text,
        begin: position,
        resumeAt: undefined,
      });
    },
    close,
    complete(sink) {
      close();
      return moveOn(sink.position);
    },
    async abandon(sink) {
      close();
      if (sink === undefined) return;
      // Workers write where they are told, in any order: what stands behind the first gap is none of the output.
      if (sink.wholeUpTo < statSync(path).size) truncateSync(path, sink.wholeUpTo);
      await moveOn(sink.wholeUpTo);
    },
  };
}

/**
 * The file behind stdout, if no other pmap writes to it. Those that do not own it share it: each writes through stdout, where
 * the system puts one write behind the other, and waits only for an owner, who waits for no stream.
 */
async function ownFile({ mayOwnFile, onWait }: StdoutOptions): Promise<{ path: string; position: number } | undefined> {
  const file = writableByWorkers();
  if (file === undefined) return undefined;
  // An open file of its own: those that share ours would share the lock. It stays open as long as we live.
  const lock = await lockOpenFile(openSync(file.path, "r+"), mayOwnFile ? "owned" : "shared", onWait);
  return lock === "owned" ? writableByWorkers() : undefined;
}

async function writeStdout(runtime: Runtime, pieces: readonly Uint8Array[]): Promise<void> {
  try {
    await runtime.writeStdout(pieces);
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string };
    if (code === "EPIPE" || name === "BrokenPipe") throw new ReaderGone();
    throw new JobError(`Cannot write to stdout: ${reasonOf(error)}`, { about: "output" });
  }
}

/**
 * The file behind stdout, if writing it at positions is the same as writing to stdout. It is not when it is open for
 * appending (others may append too), when stderr goes to the same file, or when the file cannot be opened again.
 */
function writableByWorkers(): { path: string; position: number } | undefined {
  const file = redirectedFile(1);
  // Without dd nothing could move the position of our stdout on when the workers are done.
  if (file === undefined || file.append || findProgram("dd") === undefined) return undefined;
  const [out, err] = [fstatSync(1), fstatOrUndefined(2)];
  if (err !== undefined && err.dev === out.dev && err.ino === out.ino) return undefined;
  try {
    closeSync(openSync(file.path, "r+"));
    return file;
  } catch {
    return undefined;
  }
}

function fstatOrUndefined(descriptor: number): { dev: number; ino: number } | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}

/**
 * Moves the position of our stdout behind what the workers have written, for the program that writes to it next
 * (`{ pmap ...; echo done; } > file`). No runtime can seek a descriptor that it was given, but dd can.
 */
async function advanceStdout(runtime: Runtime, bytes: number): Promise<void> {
  if (bytes === 0) return;
  const code = await runtime.runOn("stdout", { argv: ["dd", "if=/dev/null", "bs=1", `seek=${bytes}`, "conv=notrunc"] });
  if (code !== 0)
    throw new JobError("Cannot move on in stdout: what is written there next would overwrite the output", {
      about: "output",
    });
}
