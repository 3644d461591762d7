/** Where the job's functions come from: a script's file, code from the command line, or both. */
import { extname } from "node:path";
import { UsageError } from "../../api/errors.ts";
import type { ScriptSource } from "../../api/options.ts";
import { scriptUrl } from "../../api/script-file.ts";
import { parseModule } from "../../api/values.ts";
import { COMMAND_NAMES } from "../command.ts";
import type { Typed } from "./parse.ts";
import { CODE_FLAGS } from "./table.ts";

export const SCRIPT_EXTENSIONS = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);

/** @throws {UsageError} when there is no script, or it is not a file of code */
export function resolveScript({ words, flags }: Typed, folder: string): ScriptSource {
  const code: Record<string, string> = {};
  const codeNames: Record<string, string> = {};
  for (const [name, flag] of Object.entries(CODE_FLAGS)) {
    const text = flags.get(flag);
    if (typeof text !== "string") continue;
    code[name] = text;
    codeNames[name] = flag === "eval" ? "-e" : `--${flag}`;
  }
  const modules = ((flags.get("module") ?? []) as readonly string[]).map(parseModule);
  const [word] = words;
  const suffices = code.reduce !== undefined || code.filter !== undefined;
  const isScript =
    code.map === undefined && (!suffices || (word !== undefined && SCRIPT_EXTENSIONS.has(extname(word))));
  if (!isScript) {
    const name = code.map !== undefined ? "-e" : code.reduce !== undefined ? "--reduce" : "--filter";
    return { name, url: undefined, code, codeNames, modules, loader: "native", folder };
  }
  if (word === undefined)
    throw new UsageError("Cannot start: there is no script\nName one, or give code with -e\nSee: pmap help");
  const url = scriptUrl({ name: word, folder, others: COMMAND_NAMES });
  return { name: word, url, code, codeNames, modules, loader: "native", folder };
}
