/** From what a program names as its script to what workers load. */
import { fileURLToPath } from "node:url";
import { UsageError } from "../../core/errors.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { FUNCTION_EXPORTS } from "../../core/script/inline-code.ts";
import type { ModuleImport, ScriptSource } from "../../core/script/types.ts";
import { currentFolder } from "../current-folder.ts";
import { loaderOf, scriptUrl } from "../script-file.ts";
import { wrongType } from "../typed-values.ts";
import { checkOption } from "./option-types.ts";
import type { CodeScript, MapLike, ReduceOptions, ScriptReference } from "./types.ts";

type Functions = Pick<ReduceOptions, (typeof FUNCTION_EXPORTS)[number]>;

export interface ScriptOptions {
  /** The runtime of the workers, and the one that runs us. */
  readonly runtime: RuntimeName;
  readonly own: RuntimeName;
}

/**
 * @param script undefined where all functions are options
 * @throws {UsageError} when it is not there, or a function that cannot be sent
 */
export async function scriptSource(
  script: ScriptReference | MapLike | undefined,
  functions: Functions,
  { runtime, own }: ScriptOptions,
): Promise<ScriptSource> {
  const folder = currentFolder();
  checkScript(script);
  checkFunctions(typeof script === "function" ? ["map"] : Object.keys(codeOf(script)), functions);
  const given = typeof script === "function" ? { ...functions, map: script } : functions;
  const code = { ...codeOf(script), ...(await codeOfFunctions(given)) };
  const initial = await encodedInitial(given.initial);
  if (script === undefined || typeof script === "function" || isCode(script)) {
    const modules = modulesOf(script);
    return { name: "the script", url: undefined, code, initial, modules, loader: "native", folder };
  }
  const name = nameOf(script);
  const url = scriptUrl({ name, folder });
  const source: ScriptSource = { name, url, code, initial, modules: [], loader: "native", folder };
  return { ...source, loader: loaderOf(source, runtime, own) };
}

function checkScript(script: unknown): void {
  if (isCode(script)) {
    const { code, modules } = script;
    if (!isTextsByName(code)) throw wrongType("{ code } as the script", "an object of strings", code);
    if (!isTextsByName(modules ?? {})) throw wrongType("the modules of { code }", "an object of strings", modules);
  } else if (script !== undefined && !["string", "function"].includes(typeof script) && !(script instanceof URL))
    throw wrongType("the script", "a function, a path, a URL or { code }", script);
}

function isTextsByName(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => each === undefined || typeof each === "string");
}

/** @param names what the script itself gives */
function checkFunctions(names: readonly string[], functions: Functions): void {
  for (const name of FUNCTION_EXPORTS) {
    checkOption(name, functions[name]);
    if (functions[name] !== undefined && names.includes(name))
      throw new UsageError(`Cannot use the option "${name}": the script gives its own ${name}`);
  }
}

function nameOf(script: string | URL): string {
  const text = String(script);
  if (/^file:/.test(text)) return fileURLToPath(text);
  if (script instanceof URL)
    throw new UsageError(`Cannot load "${text}": only a file: URL can be loaded`, { about: "script" });
  return text;
}

function isCode(script: unknown): script is CodeScript {
  return typeof script === "object" && script !== null && "code" in script;
}

function codeOf(script: unknown): Record<string, string> {
  if (!isCode(script)) return {};
  const unknown = Object.keys(script.code).find((name) => !(FUNCTION_EXPORTS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`Cannot use code for "${unknown}": code can stand for ${FUNCTION_EXPORTS.join(", ")}`);
  return { ...script.code } as Record<string, string>;
}

function modulesOf(script: unknown): ModuleImport[] {
  if (!isCode(script)) return [];
  return Object.entries(script.modules ?? {}).map(([alias, specifier]) => ({ alias, specifier }));
}

async function codeOfFunctions(functions: Functions): Promise<Record<string, string>> {
  const code: Record<string, string> = {};
  for (const name of FUNCTION_EXPORTS) {
    const value = functions[name];
    if (value === undefined) continue;
    if (typeof value === "function") {
      const { codeOfFunction } = await import("./function-code.ts");
      code[name] = codeOfFunction(name, value as MapLike);
    } else if (name !== "initial")
      throw new UsageError(`Cannot use the option "${name}": it is a ${typeof value}, not a function`);
  }
  return code;
}

/** A value, and not a function that makes it. @throws {UsageError} for one that workers would not get as it is */
async function encodedInitial(initial: unknown): Promise<string | undefined> {
  if (initial === undefined || typeof initial === "function") return undefined;
  const { encodeWhole } = await import("../../core/worker/script/carried-whole.ts");
  try {
    return encodeWhole(initial);
  } catch (error) {
    throw new UsageError(`Cannot use the option "initial": ${(error as Error).message}\nGive a function that makes it`);
  }
}
