import { type Dirent, lstat, readdir, realpath, realpathSync, type Stats, stat } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { FileSystemAdapter } from "tinyglobby";
import { UsageError } from "../../core/errors.ts";
import { reasonOf } from "./file-errors.ts";
import { statsOf } from "./file-stats.ts";

/** Of something on the web. */
export function isUrl(input: string): boolean {
  return /^https?:\/\//i.test(input);
}

/** Of a file that Hadoop has. */
export function isUri(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(name) && !isUrl(name);
}

/** A name that exists is that file, whatever characters are in it; otherwise it may be a pattern. */
export async function expand(input: string, pattern: string | undefined): Promise<string[]> {
  if (isUrl(input) || isUri(input)) return [input];
  if (!/[*?[{]/.test(input) || statsOf(input) !== undefined) return inFolder(input, pattern);
  const paths = await matching(input, { about: input, absolute: input.startsWith("/") });
  if (paths.length === 0) throw new UsageError(`Cannot read "${input}": no file matches`, { about: "input" });
  return paths;
}

/** A name, or what matches in the folder that it is. */
export async function inFolder(folder: string, pattern: string | undefined): Promise<string[]> {
  if (pattern === undefined || isUrl(folder) || !statsOf(folder)?.isDirectory()) return [folder];
  const names = await matching(pattern, { about: folder, cwd: folder });
  if (names.length === 0)
    throw new UsageError(`Cannot read "${folder}": no file in it matches --glob "${pattern}"`, { about: "input" });
  return names.map((name) => join(folder, name));
}

interface MatchOptions {
  /** What was typed, for messages. */
  readonly about: string;
  readonly cwd?: string;
  readonly absolute?: boolean;
}

/**
 * The files that match, in the order of their names. One that links to folders lead to by more than one way counts once.
 * @throws {UsageError} for a folder that cannot be looked into: what is in it would be missing without a word
 */
async function matching(pattern: string, { about, cwd = ".", absolute = false }: MatchOptions): Promise<string[]> {
  const { glob } = await import("tinyglobby");
  const failures: { path: string; error: NodeJS.ErrnoException }[] = [];
  const fs = watchedFiles(failures);
  const found = await glob(inOneLine(pattern), { cwd: inOneLine(cwd), absolute, expandDirectories: false, fs });
  const names = found.map(asOnDisk);
  const failed = failures[0];
  if (failed !== undefined)
    throw new UsageError(
      `Cannot read "${about}": the folder "${failed.path}" cannot be looked into: ${reasonOf(failed.error)}`,
      { about: "input" },
    );
  return onceEach(names.sort(), cwd);
}

/** Errors of a folder that is not there, or is none: what a pattern does not match. */
const NO_FOLDER = new Set(["ENOENT", "ENOTDIR"]);

/** What tinyglobby walks through. By itself it passes over folders that cannot be read and links that lead nowhere. */
function watchedFiles(failures: { path: string; error: NodeJS.ErrnoException }[]): FileSystemAdapter {
  const watched = {
    readdir(folder: string, options: { withFileTypes: true }, done: (error: Error | null, entries?: Dirent[]) => void) {
      const path = asOnDisk(folder);
      readdir(path, options, (error, entries) => {
        if (error !== null && !NO_FOLDER.has(error.code ?? "")) failures.push({ path, error });
        for (const entry of entries ?? []) entry.name = inOneLine(entry.name);
        done(error, entries);
      });
    },
    // With a slash, because paths are compared by their beginnings there: "x1" is not in "x".
    realpath(path: string, done: (error: Error | null, path: string) => void) {
      realpath(asOnDisk(path), (error, real) => done(null, error === null ? `${inOneLine(real)}/` : path));
    },
    // A link that leads nowhere is a file that cannot be read, which is told when it is opened.
    stat(path: string, done: (error: Error | null, stats: Stats) => void) {
      const name = asOnDisk(path).replace(/\/+$/, "") || "/";
      stat(name, (error, stats) => (error === null ? done(null, stats) : lstat(name, done)));
    },
  };
  return watched as unknown as FileSystemAdapter;
}

/** What `**` does not match to tinyglobby, and what it gets for each: Unicode keeps these for use inside of programs. */
const LINE_ENDS = "\n\r\u2028\u2029";
const LETTERS = "\ufdd0\ufdd1\ufdd2\ufdd3";

function inOneLine(name: string): string {
  return name.replace(/[\n\r\u2028\u2029]/g, (end) => LETTERS.charAt(LINE_ENDS.indexOf(end)));
}

function asOnDisk(name: string): string {
  return name.replace(/[\ufdd0-\ufdd3]/g, (letter) => LINE_ENDS.charAt(LETTERS.indexOf(letter)));
}

/** Of names that are one entry of one folder the first; a link to a file is a file of its own, as in a shell. */
function onceEach(names: readonly string[], cwd: string): string[] {
  const entries = new Set<string>();
  return names.filter((name) => {
    const entry = join(realFolder(resolve(cwd, dirname(name))), basename(name));
    return !entries.has(entry) && entries.add(entry);
  });
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** The names in a list: with NULs between them if there is one in it, else one a line. */
export function namesIn(list: Uint8Array): string[] {
  const text = new TextDecoder().decode(list);
  return text.split(text.includes("\0") ? "\0" : /\r?\n/).filter((name) => name !== "");
}
