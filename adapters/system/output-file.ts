/** From the output as it was typed to a sink: a file that workers write themselves, or a stream that we write. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { createFileSink, createStreamSink, type OutputStream, type Sink } from "../../core/coordinator/commit/sinks.ts";
import { JobError, ReaderGone } from "../../core/errors.ts";
import type { OutputEnds } from "../../core/formats/format.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import { openOutput } from "../shared/positional-files.ts";
import { reasonOf, writeAtStart } from "./file-errors.ts";
import { lockOpenFile } from "./output-lock.ts";
import { namesBeside } from "./output-names.ts";
import { findProgram } from "./programs.ts";
import { redirectedFile } from "./redirected-file.ts";

export interface Output {
  /** What workers open to write to; undefined when only we can write. */
  readonly workerPath: string | undefined;
  createSink(ends: OutputEnds): Sink;
  /** Everything is written: the output takes its place. */
  complete(sink: Sink): Promise<void>;
  /** The job has failed. What a file would have become is removed; what has gone to stdout stands. */
  abandon(sink: Sink | undefined): Promise<void>;
}

/**
 * `-o FILE`: a file beside it, which takes its place when it is complete. No reader sees half a file.
 * @param resumeAt how much of what an earlier run has written still counts
 * @throws {UsageError} when the output cannot be written
 */
export function createFileOutput(path: string, runtime: Runtime, resumeAt: number | undefined): Output {
  const { temporary } = namesBeside(path);
  const existing = statSync(path, { throwIfNoEntry: false });
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
    createSink: (ends) =>
      createFileSink({ file: openOutput(temporary), name: path, ends, text: runtime.text, begin: 0, resumeAt }),
    async complete() {
      isComplete = true;
      try {
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

const O_STICKY = 0o1000;

/** Whether another file can take its name: not where it is mounted, nor another user's in a sticky folder. */
function canBeReplaced(path: string, { uid }: Stats): boolean {
  const own = process.getuid?.() ?? 0;
  const folder = statSync(dirname(resolve(path)));
  if ((folder.mode & O_STICKY) !== 0 && own !== 0 && uid !== own && folder.uid !== own) return false;
  return !isMounted(path);
}

/** Where it is mounted itself, as a container's files may be. */
function isMounted(path: string): boolean {
  try {
    const real = realpathSync(path);
    return readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .some((line) => mountPointOf(line) === real);
  } catch {
    return false;
  }
}

function mountPointOf(line: string): string {
  return (line.split(" ")[4] ?? "").replaceAll(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function moveInPlace(temporary: string, path: string, existing: Stats | undefined): void {
  if (existing !== undefined) keepOwner(temporary, existing);
  chmodSync(temporary, existing === undefined ? 0o666 & ~process.umask() : existing.mode & 0o7777);
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
    copyInPlace(temporary, path);
  }
}

/** Only root can, and another user's file is that user's afterwards, too. */
function keepOwner(temporary: string, { uid, gid }: Stats): void {
  try {
    const own = statSync(temporary);
    if (own.uid !== uid || own.gid !== gid) chownSync(temporary, uid, gid);
  } catch {
    // The output is complete, and ours.
  }
}

function copyInPlace(temporary: string, path: string): void {
  // Not copyFile: it asks for a new file, which the system may refuse in a sticky folder.
  const [from, to] = [openSync(temporary, "r"), openSync(path, "r+")];
  try {
    const buffer = new Uint8Array(COPY_BYTES);
    let end = 0;
    for (let count = readSync(from, buffer); count > 0; count = readSync(from, buffer)) {
      for (let done = 0; done < count; ) done += writeSync(to, buffer, done, count - done, end + done);
      end += count;
    }
    ftruncateSync(to, end);
  } finally {
    closeSync(from);
    closeSync(to);
  }
  rmSync(temporary, { force: true });
}

const COPY_BYTES = 1024 * 1024;

/** A stream that only we can write to. */
export function createStreamOutput(stream: OutputStream, { text }: Pick<Runtime, "text">): Output {
  return {
    workerPath: undefined,
    createSink: (ends) => createStreamSink(stream, ends, text),
    complete: async () => {},
    abandon: async () => {},
  };
}

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
  return {
    workerPath: path,
    createSink: (ends) =>
      createFileSink({
        file: openOutput(path),
        name: "stdout",
        ends,
        text: runtime.text,
        begin: position,
        resumeAt: undefined,
      }),
    complete: (sink) => moveOn(sink.position),
    async abandon(sink) {
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
