/** Where the job's functions come from: a script's file, code from the command line, or both. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { nearestFile } from "../../adapters/system/nearest-file.ts";
import { parseModule } from "../../api/values.ts";
import { UsageError } from "../../core/errors.ts";
import { CODE_FLAGS } from "../../core/script/inline-code.ts";
import type { ScriptSource } from "../../core/script/types.ts";
import { COMMANDS } from "../commands.ts";
import type { Typed } from "./parse.ts";

export const SCRIPT_EXTENSIONS = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);

/** @throws {UsageError} when there is no script, or it is not a file of code */
export function resolveScript({ words, flags }: Typed, folder: string): ScriptSource {
  const code: Record<string, string> = {};
  for (const [name, flag] of Object.entries(CODE_FLAGS)) {
    const text = flags.get(flag === "-e" ? "eval" : flag.slice(2));
    if (typeof text === "string") code[name] = text;
  }
  const modules = ((flags.get("module") ?? []) as readonly string[]).map(parseModule);
  const [word] = words;
  const suffices = code.reduce !== undefined || code.filter !== undefined;
  const isScript =
    code.map === undefined && (!suffices || (word !== undefined && SCRIPT_EXTENSIONS.has(extname(word))));
  if (!isScript) {
    const name = code.map !== undefined ? "-e" : code.reduce !== undefined ? "--reduce" : "--filter";
    return { name, url: undefined, code, modules, loader: "native", folder };
  }
  if (word === undefined)
    throw new UsageError("Cannot start: there is no script\nName one, or give code with -e\nSee: pmap help");
  const path = resolve(folder, word);
  if (!existsSync(path)) {
    throw new UsageError(`Cannot load "${word}": there is no such file${nearestFile(word, Object.keys(COMMANDS))}`);
  }
  if (statSync(path).isDirectory()) throw new UsageError(`Cannot load "${word}": it is a folder, not a script`);
  if (extname(path) === ".json" || extname(path) === ".jsonl") {
    throw new UsageError(
      `Cannot load "${word}": it is data, not a script\nName the script first, or give code with -e`,
    );
  }
  // A command may be a link to the script: what it imports lies beside the script.
  return { name: word, url: pathToFileURL(realpathSync(path)).href, code, modules, loader: "native", folder };
}
