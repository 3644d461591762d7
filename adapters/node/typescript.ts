/** TypeScript that Node cannot strip by itself: Node before 22.18, enums, parameter properties, tsconfig paths. */

import { readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { JobError, userStack } from "../../core/errors.ts";
import { importModule } from "../shared/import-module.ts";
import { checkLoadable } from "../shared/loadable-path.ts";
import { process } from "../shared/own-process.ts";
import { isOwnFrame } from "../shared/stack-frames.ts";
import { type SyntaxPlace, syntaxPlace } from "../shared/syntax-error.ts";
import { makePrivateFolder } from "../system/private-folder.ts";
import { keepCompiled } from "./compile-cache.ts";
import { transform } from "./esbuild-of-tsx.ts";

/** What an import fails with when tsx would not. A missing module may be one that only tsconfig's paths know. */
const TSX_CAN_HELP: ReadonlySet<string> = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_MODULE_NOT_FOUND",
]);

/** The same, where TypeScript is at hand: a type that is imported without `type`, JSON without an attribute, a decorator. */
const TSX_CAN_HELP_TYPESCRIPT: ReadonlySet<string> = new Set([
  "ERR_IMPORT_ATTRIBUTE_MISSING",
  "ERR_INVALID_TYPESCRIPT_SYNTAX",
]);

const TYPESCRIPT_FILE = /\.[cm]?tsx?(?=[:?'")\s]|$)/m;

/** @param script the script's URL, which is not always where the error is */
export function wantsTsx(error: unknown, script: string | undefined): boolean {
  const { code = "", stack = "", name } = (error ?? {}) as NodeJS.ErrnoException;
  if (TSX_CAN_HELP.has(code)) return true;
  if (name !== "SyntaxError" && !TSX_CAN_HELP_TYPESCRIPT.has(code)) return false;
  return TYPESCRIPT_FILE.test(script ?? "") || TYPESCRIPT_FILE.test(stack);
}

/** Imports a module, and all that it imports, as if none of them had been tried before. */
type ImportAnew = (url: string) => Promise<Record<string, unknown>>;

let registered: Promise<ImportAnew> | undefined;

async function register(): Promise<ImportAnew> {
  const variable = "TSX_DISABLE_CACHE";
  const before = process.env[variable];
  // tsx runs what it finds in its cache, whose name others can know, and make in a shared folder.
  if (makePrivateFolder(tsxCache()) === undefined) process.env[variable] = "1";
  const esm = await import("tsx/esm/api");
  const cjs = await import("tsx/cjs/api");
  cjs.register();
  esm.register();
  if (linesAreWanted) (await import("./whole-lines.ts")).printInLines();
  if (before === undefined) delete process.env[variable];
  let scoped: { import: (url: string, parent: string) => ReturnType<ImportAnew> } | undefined;
  return (url) => {
    scoped ??= esm.register({ namespace: "tsx" });
    return scoped.import(url, url);
  };
}

let linesAreWanted = false;

/** tsx makes one line of a module. For a profile, which counts by lines, what is loaded from now on has them. */
export function keepLines(): void {
  linesAreWanted = true;
}

/** Where tsx keeps what it has compiled. */
function tsxCache(): string {
  return join(tmpdir(), `tsx-${process.geteuid?.() ?? userInfo().username}`);
}

const failedBefore = new Set<string>();

/** Imports with what Node itself can do. */
export async function importNatively(url: string): Promise<Record<string, unknown>> {
  keepCompiled();
  if (isFile(url)) checkLoadable(fileURLToPath(url), { loader: "Node", characters: "\\" });
  try {
    return await importModule(url);
  } catch (error) {
    failedBefore.add(url);
    if (error instanceof SyntaxError && isFile(url) && !/\.\w+$/.test(url)) throw noEnding(url, error);
    throw error;
  }
}

function isFile(url: string): boolean {
  return url.startsWith("file:");
}

export async function importWithTsx(url: string): Promise<Record<string, unknown>> {
  // tsx decodes the path of a URL, and takes what follows the "?" for a query.
  if (isFile(url)) checkLoadable(fileURLToPath(url), { loader: "tsx", characters: "?\\" });
  registered ??= register();
  const importAnew = await registered;
  // Node remembers that it could not load a URL: another one for the same file is a fresh start.
  const fresh = failedBefore.has(url) ? `${url}?tsx` : url;
  try {
    return flatten(await import(fresh).catch((error) => retried(error, () => importAnew(url))));
  } catch (error) {
    const [, path] = AWAITS_IN_COMMONJS.exec(error instanceof Error ? error.message : "") ?? [];
    throw path === undefined ? error : noModule(path);
  }
}

/**
 * What tsx cannot have failed for, but a module below the fresh one that Node remembers to have failed (Node 20); and a .js file
 * that tsx takes for CommonJS, and so without the names that a module imports from it. Both are others in a namespace.
 */
async function retried<T>(error: unknown, importAnew: () => Promise<T>): Promise<T> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_UNKNOWN_FILE_EXTENSION" && !/ does not provide an export named /.test(message)) throw error;
  try {
    return await importAnew();
  } catch {
    throw error;
  }
}

/** What the compiler in tsx says when it is to make CommonJS of a file (the script, or one that it imports) that awaits outside of functions. */
const AWAITS_IN_COMMONJS =
  /^(.*):\d+:\d+: ERROR: Top-level await is currently not supported with the "cjs" output format/m;

/** A command, with a first line that names pmap. */
function noEnding(url: string, { message }: SyntaxError): JobError {
  return new JobError(
    `Cannot load "${fileURLToPath(url)}": SyntaxError: ${message}\n` +
      "Node takes a file without an ending for JavaScript: give TypeScript the ending .ts, and link the command to it",
  );
}

function noModule(path: string): JobError {
  return new JobError(
    `Cannot load "${path}": it awaits at its top level, and tsx takes it for CommonJS\n` +
      'Give it the ending .mts, or put "type": "module" into its package.json',
  );
}

/** Without "type": "module" nearby, tsx makes CommonJS of a .ts file; its exports are then those of the default. */
function flatten(module: Record<string, unknown>): Record<string, unknown> {
  const inner = (module.default ?? module["module.exports"]) as Record<string, unknown> | undefined;
  const isCommonJs = typeof inner === "object" && inner !== null && inner.__esModule === true;
  return isCommonJs ? inner : module;
}

/** tsx has no function that takes code; the compiler that it brings along has. */
export function stripTypesWithTsx(code: string): string {
  return transform(code, { loader: "ts" });
}

/** Node keeps the place of a syntax error in plain JavaScript to itself: the compiler in tsx finds it again. */
export function syntaxPlaceOnNode(error: unknown, script: string | undefined): SyntaxPlace | undefined {
  const told = syntaxPlace(error);
  const path = script?.startsWith("file:") ? fileURLToPath(script) : undefined;
  // A module's own code that throws one (JSON.parse) has frames of its own.
  const isPlain = error instanceof Error && error.name === "SyntaxError" && userStack(error, isOwnFrame) === "";
  const place = told ?? (isPlain && path !== undefined ? placeIn(path, error.message) : undefined);
  return place && { ...place, text: place.text ?? lineOf(place.file, place.line) };
}

/** The most files that are looked at. */
const MAX_FILES = 200;

/** In a file, or in what it imports by a path. */
function placeIn(path: string, message: string): SyntaxPlace | undefined {
  const files = new Set([path]);
  for (const file of files) {
    const code = textOf(file);
    try {
      transform(code, { loader: TYPESCRIPT_FILE.test(file) ? "ts" : "js", sourcefile: file });
    } catch (error) {
      const place = syntaxPlace(error);
      return place && { ...place, message };
    }
    for (const [, specifier = ""] of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"'\n]*\.[cm]?[jt]s)["']/g))
      if (files.size < MAX_FILES) files.add(join(dirname(file), specifier));
  }
  return undefined;
}

function lineOf(path: string, line: number): string | undefined {
  return textOf(path).split("\n")[line - 1];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
