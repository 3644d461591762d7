/** From a script's source (a module, code, or both) to functions. */

import type { WorkerHost } from "../../platform/runtime.ts";
import type { Script, ScriptSource } from "../../script/types.ts";
import { decodeAccumulator } from "./accumulator-codec.ts";
import { IMPORT_NAME, renameImports } from "./dynamic-import.ts";
import { compileExpression, evaluate, type Scope, unwrapOnFirstCall } from "./expression.ts";
import { exportsOf, moduleValue } from "./interop.ts";
import { readScript, ScriptError } from "./script-exports.ts";

/** Code for these is called with the record: it may be an expression over `_`. */
const PER_RECORD = new Map([
  ["map", "ctx"],
  ["filter", "ctx"],
  ["key", "value"],
]);

type Host = Pick<WorkerHost, "importModule" | "resolveModule" | "stripTypes" | "keepLines" | "wantsTsx">;

/** A script whose per-record functions may still be replaced by what their code turned out to be. */
type MutableScript = { -readonly [Name in keyof Script]: Script[Name] };

/**
 * Loads a script.
 * @throws {ScriptError} when code does not compile or the exports are not what they have to be; whatever the module throws
 */
export async function compileScript(source: ScriptSource, host: Host): Promise<Script> {
  if (source.keepsLines === true) host.keepLines?.();
  const exports = source.url === undefined ? {} : exportsOf(await host.importModule(source.url, source.loader));
  const scope = await importScope(source, host);
  const overrides: Record<string, unknown> = {};
  const replaced: Record<string, (settled: unknown) => void> = {};
  for (const [name, typed] of Object.entries(source.code)) {
    const code = renameImports(typed);
    const flag = source.codeNames?.[name] ?? name;
    const second = PER_RECORD.get(name);
    const compiled = await compileExpression(flag, code, { ...scope, second: second ?? "_2" }, host.stripTypes);
    if (second === undefined) overrides[name] = evaluate(flag, compiled);
    else overrides[name] = unwrapOnFirstCall(compiled, (settled) => replaced[name]?.(settled));
  }
  if (source.initial !== undefined) overrides.initial = decodeAccumulator(source.initial);
  const script = readScript(source.name, exports, overrides) as MutableScript;
  for (const name of ["map", "filter", "key"] as const) {
    replaced[name] = (settled) => {
      script[name] = settled as never;
    };
  }
  return script;
}

/** What a call imports is not known before: a module that needs tsx is seen when it fails. */
async function importAtRunTime(url: string, host: Host): Promise<unknown> {
  try {
    return await host.importModule(url, "native");
  } catch (error) {
    if (!host.wantsTsx(error, url)) throw error;
    return host.importModule(url, "tsx");
  }
}

async function importScope(source: ScriptSource, host: Host): Promise<Omit<Scope, "second">> {
  const resolve = (specifier: string) => resolveFrom(source.folder, specifier, host);
  const names: string[] = [IMPORT_NAME];
  const values: unknown[] = [
    async (specifier: unknown, options?: ImportCallOptions) => {
      const url = await resolve(String(specifier));
      return options?.with === undefined ? importAtRunTime(url, host) : import(url, { with: options.with });
    },
  ];
  for (const { specifier, alias } of source.modules) {
    try {
      const module = await host.importModule(await resolve(specifier), source.loader);
      names.push(alias);
      values.push(moduleValue(module));
    } catch (error) {
      throw new ScriptError(`Cannot import "${specifier}" (-M): ${(error as Error).message}`, { cause: error });
    }
  }
  return { names, values };
}

/** @throws {Error} when there is no such module, in words that do not speak of pmap's own files */
async function resolveFrom(folder: string, specifier: string, host: Host): Promise<string> {
  try {
    return await host.resolveModule(specifier, folder);
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    if (!/MODULE_NOT_FOUND$/.test(code) && !/^Cannot find (module|package)/.test(message)) throw error;
    const next = /^[./]/.test(specifier) ? "" : `\nTry: npm install ${specifier}`;
    throw new Error(`"${specifier}" is not found from ${folder}${next}`);
  }
}
