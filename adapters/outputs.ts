/** From the output as it was typed to a sink: a file that workers write themselves, or a stream that we write. */
import {
  chmodSync,
  closeSync,
  fstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { JobError } from "../core/failure.ts";
import type { OutputFormat } from "../core/formats/output.ts";
import { createFileSink, createStreamSink, type Sink } from "../core/output.ts";
import type { Runtime } from "../core/runtime.ts";
import { openOutput } from "./files.ts";
import { reasonOf, redirectedFile } from "./inputs.ts";
import { findProgram } from "./programs.ts";

export interface Output {
  /** What workers open to write to; undefined when only we can write. */
  readonly workerPath: string | undefined;
  createSink(format: OutputFormat): Sink;
  /** Everything is written: the output takes its place. */
  complete(sink: Sink): Promise<void>;
  /** The job has failed. What a file would have become is removed; what has gone to stdout stands. */
  abandon(sink: Sink | undefined): Promise<void>;
}

/** The files beside the output while a job runs. */
export interface OutputNames {
  readonly temporary: string;
  readonly journal: string;
  readonly lock: string;
  readonly runs: string;
}

export function namesBeside(path: string): OutputNames {
  // Whole names: workers open them, too, and a script may have changed its worker's folder.
  const stem = join(dirname(resolve(path)), `.${basename(path)}.pmap`);
  return { temporary: stem, journal: `${stem}-journal`, lock: `${stem}-lock`, runs: `${stem}-runs` };
}

/**
 * The file that is to be replaced: the one behind a symbolic link, also where there is none yet, and never the link.
 * @throws {JobError} for links that lead in a circle
 */
export function fileBehind(path: string): string {
  const stats = statOrFail(path);
  // What is no file is refused by its own name.
  if (stats !== undefined && !stats.isFile()) return path;
  let at = path;
  for (let target = linkTarget(at); target !== undefined; target = linkTarget(at)) {
    at = resolve(realpathSync(dirname(at)), target);
  }
  return at;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * `-o FILE`: a file beside it, renamed when it is complete. Nobody ever sees half a file.
 * @param resumeAt how much of what an earlier run has written still counts
 */
export function createFileOutput(path: string, runtime: Runtime, resumeAt: number | undefined): Output {
  const { temporary } = namesBeside(path);
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (resumeAt === undefined) closeSync(openSync(temporary, "w"));
    else truncateSync(temporary, resumeAt);
    if (existing !== undefined) chmodSync(temporary, existing.mode);
  } catch (error) {
    throw new JobError(`Cannot write "${path}": ${reasonOf(error)}`);
  }
  return {
    workerPath: temporary,
    createSink: (format) =>
      createFileSink({ file: openOutput(temporary), name: path, format, text: runtime.text, begin: 0, resumeAt }),
    async complete() {
      try {
        renameSync(temporary, path);
      } catch (error) {
        throw new JobError(`Cannot write "${path}": ${reasonOf(error)}`);
      }
    },
    abandon: async () => rmSync(temporary, { force: true }),
  };
}

/** @throws {JobError} when the place cannot be looked at */
export function statOrFail(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new JobError(`Cannot write "${path}": ${reasonOf(error)}`);
  }
}

/** stdout: a file that the shell has opened is written by the workers, everything else by us. */
export function createStdoutOutput(runtime: Runtime): Output {
  const file = writableByWorkers();
  if (file === undefined) {
    return {
      workerPath: undefined,
      createSink: (format) =>
        createStreamSink({ write: (pieces) => writeStdout(runtime, pieces) }, format, runtime.text),
      complete: async () => {},
      abandon: async () => {},
    };
  }
  const { path, position } = file;
  return {
    workerPath: path,
    createSink: (format) =>
      createFileSink({
        file: openOutput(path),
        name: "stdout",
        format,
        text: runtime.text,
        begin: position,
        resumeAt: undefined,
      }),
    complete: (sink) => advanceStdout(runtime, sink.position - position),
    abandon: async (sink) => advanceStdout(runtime, (sink?.position ?? position) - position),
  };
}

/** The reader of our stdout has what it wanted, and has gone. That is no failure. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

async function writeStdout(runtime: Runtime, pieces: readonly Uint8Array[]): Promise<void> {
  try {
    await runtime.writeStdout(pieces);
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string };
    if (code === "EPIPE" || name === "BrokenPipe") throw new ReaderGone();
    throw new JobError(`Cannot write to stdout: ${reasonOf(error)}`);
  }
}

/**
 * The file behind stdout, if writing it at positions is the same as writing to stdout. It is not when it is open for
 * appending (others may append too), when stderr goes to the same file, or when the file cannot be opened again.
 */
function writableByWorkers(): { path: string; position: number } | undefined {
  const file = redirectedFile(1);
  // Without dd nobody could move the position of our stdout on when the workers are done.
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
 * Moves the position of our stdout behind what the workers have written, for whoever writes to it next
 * (`{ pmap ...; echo done; } > file`). No runtime can seek a descriptor that it was given, but dd can.
 */
async function advanceStdout(runtime: Runtime, bytes: number): Promise<void> {
  if (bytes === 0) return;
  const code = await runtime.runOn("stdout", { argv: ["dd", "if=/dev/null", "bs=1", `seek=${bytes}`, "conv=notrunc"] });
  if (code !== 0) throw new JobError("Cannot move on in stdout: what is written there next would overwrite the output");
}
