/** From the inputs as they were typed to sources: files that workers can read anywhere, and streams that only we can. */
import { createReadStream, fstatSync, readFileSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { JobError } from "../core/failure.ts";
import type { FileSource, Source, StreamSource } from "../core/plan.ts";
import type { Runtime } from "../core/runtime.ts";

/**
 * Resolves inputs, in the order given.
 * @param stdin whether workers may open a redirected stdin themselves, or get its bytes from us
 * @throws {JobError} for one that is not there, is a folder, or cannot be read
 */
export async function resolveInputs(
  inputs: readonly string[],
  runtime: Runtime,
  stdin: "open again" | "read here" = "open again",
): Promise<Source[]> {
  const sources: Source[] = [];
  for (const input of inputs) {
    if (input === "-") sources.push(stdinSource(runtime, stdin));
    else for (const path of await expand(input)) sources.push(fileSource(path));
  }
  return sources;
}

/** A name that exists is that file, whatever characters are in it; otherwise it may be a pattern. */
async function expand(input: string): Promise<string[]> {
  if (!/[*?[{]/.test(input) || statSync(input, { throwIfNoEntry: false }) !== undefined) return [input];
  const { glob } = await import("tinyglobby");
  const paths = await glob(input, { absolute: input.startsWith("/"), expandDirectories: false });
  if (paths.length === 0) throw new JobError(`Cannot read "${input}": no file matches`);
  return paths.sort();
}

function fileSource(path: string): Source {
  const stats = statOf(path);
  if (stats.isDirectory()) throw new JobError(`Cannot read "${path}": it is a folder\nName its files: "${path}/*"`);
  if (!stats.isFile()) return streamOf(path);
  // A script may change its worker's folder before the file is opened there.
  return { kind: "file", name: path, path: resolve(path), begin: 0, end: stats.size };
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new JobError(`Cannot read "${path}": ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "no space left on the device",
  EISDIR: "it is a folder",
  EROFS: "the file system is read-only",
};

/** What the system says, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // Deno has its own words: `No space left on device (os error 28)`.
  return REASONS[code ?? ""] ?? message.replace(/ \(os error \d+\).*$/, "");
}

/** A FIFO or a device: read once, in order, by us. */
function streamOf(path: string): StreamSource {
  let bytes: AsyncIterator<Uint8Array> | undefined;
  return {
    kind: "stream",
    name: path,
    async read() {
      try {
        bytes ??= createReadStream(path, { highWaterMark: 256 * 1024 })[
          Symbol.asyncIterator
        ]() as AsyncIterator<Uint8Array>;
        const { done, value } = await bytes.next();
        return done ? undefined : value;
      } catch (error) {
        throw new JobError(`Cannot read "${path}": ${reasonOf(error)}`);
      }
    },
  };
}

function stdinSource(runtime: Runtime, how: "open again" | "read here"): Source {
  const redirected = how === "open again" ? redirectedFile(0) : undefined;
  if (redirected !== undefined) {
    const { path, position, size } = redirected;
    return { kind: "file", name: "-", path, begin: Math.min(position, size), end: size } satisfies FileSource;
  }
  return {
    kind: "stream",
    name: "-",
    async read() {
      try {
        return await runtime.readStdin();
      } catch (error) {
        throw new JobError(`Cannot read stdin: ${reasonOf(error)}`);
      }
    },
  };
}

/** Whether two names stand for one file. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

export interface RedirectedFile {
  /** A name under which other processes can open the very same file, also when it has been renamed or deleted. */
  readonly path: string;
  readonly position: number;
  readonly size: number;
  readonly append: boolean;
}

const O_APPEND = 0o2000;

/** The regular file behind one of our descriptors, where the system lets us know its position (Linux). */
export function redirectedFile(descriptor: 0 | 1): RedirectedFile | undefined {
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    const facts = readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8");
    const position = Number(/^pos:\s*(\d+)/m.exec(facts)?.[1]);
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(facts)?.[1] ?? "", 8);
    if (!Number.isFinite(position) || !Number.isFinite(flags)) return undefined;
    const path = `/proc/${process.pid}/fd/${descriptor}`;
    return { path, position, size: stats.size, append: (flags & O_APPEND) !== 0 };
  } catch {
    return undefined;
  }
}
