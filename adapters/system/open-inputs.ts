/** From the inputs as they were typed to sources: files that workers can read anywhere, and streams that only we can. */
import { fstatSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Source, StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError, UsageError } from "../../core/errors.ts";
import { checkIdentity } from "../../core/platform/input-identity.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import { identityOf } from "../shared/positional-files.ts";
import { compressedSource, readHead } from "./compressed-input.ts";
import { compressionOf, compressionOfBytes, sniffed } from "./decompress.ts";
import { type FarOptions, farSources } from "./far-files.ts";
import { reasonOf } from "./file-errors.ts";
import { statsOf } from "./file-stats.ts";
import { fifoOf, streamOf } from "./file-streams.ts";
import type { UrlSource } from "./http/url-source.ts";
import { expand, inFolder, isUri, isUrl, namesIn } from "./input-names.ts";
import { nearestFile } from "./nearest-file.ts";
import { hasNoSize, type RedirectedFile, redirectedFile } from "./redirected-file.ts";

/** Inputs as they were typed, or the bytes themselves. */
export interface TypedInputs {
  readonly inputs: readonly (string | StreamSource)[];
  /** A file with more names, `-` for stdin. */
  readonly filesFrom?: string | undefined;
  /** What files are taken of folders, also of those in the list. */
  readonly glob?: string | undefined;
}

export interface ResolveOptions extends FarOptions {
  /** Whether workers may open a redirected stdin themselves, or get its bytes from us. */
  readonly stdin?: "open again" | "read here";
}

/** What opens an input, and until when it is wanted. */
interface Reading {
  readonly runtime: Runtime;
  readonly ended: AbortSignal | undefined;
}

/**
 * Resolves inputs, in the order given, and behind them those of the list.
 * @throws {UsageError} for one that is not there, is a folder, or cannot be read
 */
export async function resolveInputs(
  { inputs, filesFrom, glob }: TypedInputs,
  runtime: Runtime,
  { stdin = "open again", whole, findFar, ended }: ResolveOptions = {},
): Promise<Source[]> {
  const reading = { runtime, ended };
  const sources: Source[] = [];
  let firstUrl: UrlSource | undefined;
  for (const input of inputs) {
    if (typeof input !== "string") {
      if (whole !== undefined)
        throw new UsageError(`Cannot read "${input.name}" with --from ${whole}: it is not a file`, { about: "input" });
      sources.push(input);
    } else if (input === "-" || STDIN_NAMES.has(input)) {
      if (whole !== undefined)
        throw new UsageError(`Cannot read stdin with --from ${whole}: name files, or say --files-from -`, {
          about: "input",
        });
      sources.push(stdinSource(input, reading, stdin));
    } else for (const name of await expand(input, glob)) sources.push(...(await named(name)));
  }
  const listed = filesFrom === undefined ? [] : namesIn(await readAll(filesFrom, reading));
  for (const input of listed) for (const name of await inFolder(input, glob)) sources.push(...(await named(name)));
  // Of others it is told when their turn comes: their connections are not kept open.
  await firstUrl?.open();
  return sources;

  async function named(name: string): Promise<Source[]> {
    if (isUri(name) && statsOf(name) === undefined) return farSources(name, { whole, findFar, ended });
    if (!isUrl(name)) return [whole === undefined ? fileSource(name, reading) : wholeFile(name, whole)];
    const { urlSource } = await import("./http/url-source.ts");
    const source = urlSource(name, runtime, ended);
    if (whole !== undefined)
      throw new UsageError(`Cannot read "${source.name}" with --from ${whole}: it is not a file\nDownload it first`, {
        about: "input",
      });
    firstUrl ??= source;
    return [source];
  }
}

function checkNoFolder(path: string, stats: Stats): void {
  if (!stats.isDirectory()) return;
  throw new UsageError(`Cannot read "${path}": it is a folder\nSay which files in it: --glob '**/*'`, {
    about: "input",
  });
}

function readerOf(list: string, { runtime, ended }: Reading): StreamSource["read"] {
  if (list === "-") return () => runtime.readStdin();
  return (statOf(list).isFIFO() ? fifoOf(list, runtime, ended) : streamOf(list, { ended })).read;
}

async function readAll(list: string, reading: Reading): Promise<Uint8Array> {
  const read = readerOf(list, reading);
  const pieces: Uint8Array[] = [];
  for (let piece = await read(); piece !== undefined; piece = await read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

function wholeFile(path: string, format: string): Source {
  const stats = statOf(path);
  checkNoFolder(path, stats);
  if (!stats.isFile())
    throw new UsageError(`Cannot read "${path}" with --from ${format}: it is not a file`, { about: "input" });
  // With no bytes, a worker reads it to its end.
  const end = hasNoSize(path, stats) ? 0 : stats.size;
  return { kind: "file", name: path, path: resolve(path), begin: 0, end, identity: identityOf(stats) };
}

/** Names of stdin: opened by a worker they would be the worker's own. */
const STDIN_NAMES = new Set(["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);
/** Names of descriptors that we were given: a process substitution, `3< file`. */
const DESCRIPTOR_NAME = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

function fileSource(path: string, { runtime, ended }: Reading): Source {
  const stats = statOf(path);
  checkNoFolder(path, stats);
  const descriptor = DESCRIPTOR_NAME.exec(path)?.[1];
  const redirected = descriptor === undefined ? undefined : redirectedFile(Number(descriptor));
  if (redirected !== undefined) return redirectedSource(path, redirected, ended);
  if (stats.isFIFO())
    return { kind: "stream", name: path, read: sniffed(path, fifoOf(path, runtime, ended).read, { ended }) };
  if (!stats.isFile() || descriptor !== undefined || hasNoSize(path, stats)) return streamOf(path, { ended });
  const compression = compressionOf(path, readHead(resolve(path), 0, path));
  const identity = identityOf(stats);
  if (compression !== undefined)
    return compressedSource({ name: path, path: resolve(path), compression, identity, ended });
  // A script may change its worker's folder before the file is opened there.
  return { kind: "file", name: path, path: resolve(path), begin: 0, end: stats.size, identity };
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const hint = isMissing ? nearestFile(path) : "";
    throw new UsageError(`Cannot read "${path}": ${reasonOf(error)}${hint}`, { about: "input" });
  }
}

function redirectedSource(
  name: string,
  { path, position, size }: RedirectedFile,
  ended: AbortSignal | undefined,
): Source {
  const compression = compressionOfBytes(readHead(path, position));
  const identity = identityOf(statOf(path));
  if (compression !== undefined) return compressedSource({ name, path, compression, identity, start: position, ended });
  return { kind: "file", name, path, begin: Math.min(position, size), end: size, identity };
}

/**
 * Compares every input with what it was when the job started. One that has grown is a log: what it had then is what counts.
 * @throws {JobError} for one that has been replaced or rewritten meanwhile
 */
export function checkUnchanged(sources: readonly Source[]): void {
  for (const source of sources) {
    const now = source.kind === "file" ? statsOf(source.path) : undefined;
    // One that has been removed has been read all the same: workers keep what they have opened.
    if (source.kind === "file" && now !== undefined) checkIdentity(source, identityOf(now));
  }
}

function stdinSource(name: string, { runtime, ended }: Reading, how: "open again" | "read here"): Source {
  if (fstatOrUndefined(0)?.isDirectory()) throw new UsageError("Cannot read stdin: it is a folder", { about: "input" });
  const redirected = how === "open again" ? redirectedFile(0) : undefined;
  if (redirected !== undefined) return redirectedSource(name, redirected, ended);
  const read = async () => {
    try {
      return await runtime.readStdin();
    } catch (error) {
      throw new JobError(`Cannot read stdin: ${reasonOf(error)}`, { about: "input" });
    }
  };
  return { kind: "stream", name, read: sniffed(name === "-" ? "stdin" : name, read, { ended }) };
}

function fstatOrUndefined(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}
