/** A script that is a file: that it is there, and how workers load it. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loaderFor, stripsNoTypes } from "../adapters/node/command.ts";
import { nearestFile } from "../adapters/system/nearest-file.ts";
import { UsageError } from "../core/errors.ts";
import type { RuntimeName } from "../core/platform/runtime.ts";
import type { ScriptSource } from "../core/script/types.ts";
import { importedTexts } from "./imported-texts.ts";

export interface ScriptFile {
  /** As the user names it. */
  readonly name: string;
  /** Relative names start here. */
  readonly folder: string;
  /** What may be meant besides files. */
  readonly others?: readonly string[];
}

/**
 * The URL of a script. A command may be a link to it: what it imports lies beside the script.
 * @throws {UsageError} when it is not there, or no file of code
 */
export function scriptUrl({ name, folder, others }: ScriptFile): string {
  const path = resolve(folder, name);
  if (!existsSync(path)) throw cannotLoad(name, `there is no such file${nearestFile(name, others)}`);
  if (statSync(path).isDirectory()) throw cannotLoad(name, "it is a folder, not a script");
  if (extname(path) === ".json" || extname(path) === ".jsonl")
    throw cannotLoad(name, "it is data, not a script\nName the script first, or give its code");
  return pathToFileURL(realpathSync(path)).href;
}

/**
 * How workers of a runtime load it, as this one (`own`) can tell. Code that comes to an import in a call, or to `require`, cannot
 * be loaded again: where Node strips no types, JavaScript that names a TypeScript file is loaded with tsx at once.
 */
export function loaderOf(script: ScriptSource, runtime: RuntimeName, own: RuntimeName): ScriptSource["loader"] {
  if (script.url === undefined) return script.loader;
  const loader = loaderFor(fileURLToPath(script.url), runtime, own);
  if (loader === "tsx" || !stripsNoTypes(runtime, own)) return loader;
  return importedTexts(script).some((text) => NAMES_TYPESCRIPT.test(text)) ? "tsx" : "native";
}

const NAMES_TYPESCRIPT = /["'`][^"'`\n]*\.[cm]?tsx?["'`]/;

function cannotLoad(name: string, why: string): UsageError {
  return new UsageError(`Cannot load "${name}": ${why}`, { about: "script" });
}
