/** From a script's source (a module, code, or both) to functions. */

import { CODE_FLAGS } from "./code-flags.ts";
import { compileExpression, evaluate, type Scope, unwrapOnFirstCall } from "./expression.ts";
import { exportsOf, moduleValue } from "./interop.ts";
import type { ScriptSource } from "./protocol.ts";
import type { WorkerHost } from "./runtime.ts";
import { readScript, type Script, ScriptError } from "./script.ts";

/** Code for these is called with the record: it may be an expression over `_`. */
const PER_RECORD = new Map([
  ["map", "ctx"],
  ["filter", "ctx"],
  ["key", "value"],
]);

type Host = Pick<WorkerHost, "importModule" | "resolveModule" | "stripTypes">;

/** A script whose per-record functions may still be replaced by what their code turned out to be. */
type MutableScript = { -readonly [Name in keyof Script]: Script[Name] };

/**
 * Loads a script.
 * @throws {ScriptError} when code does not compile or the exports are not what they have to be; whatever the module throws
 */
export async function compileScript(source: ScriptSource, host: Host): Promise<Script> {
  const exports = source.url === undefined ? {} : exportsOf(await host.importModule(source.url, source.loader));
  const scope = await importScope(source, host);
  const overrides: Record<string, unknown> = {};
  const replaced: Record<string, (settled: unknown) => void> = {};
  for (const [name, code] of Object.entries(source.code)) {
    const flag = CODE_FLAGS[name] ?? name;
    const second = PER_RECORD.get(name);
    const compiled = await compileExpression(flag, code, { ...scope, second: second ?? "_2" }, host.stripTypes);
    if (second === undefined) overrides[name] = evaluate(flag, compiled);
    else overrides[name] = unwrapOnFirstCall(compiled, (settled) => replaced[name]?.(settled));
  }
  const script = readScript(source.name, exports, overrides) as MutableScript;
  for (const name of ["map", "filter", "key"] as const) {
    replaced[name] = (settled) => {
      script[name] = settled as never;
    };
  }
  return script;
}

async function importScope(source: ScriptSource, host: Host): Promise<Omit<Scope, "second">> {
  const names: string[] = [];
  const values: unknown[] = [];
  for (const { specifier, alias } of source.modules) {
    try {
      const module = await host.importModule(await host.resolveModule(specifier, source.folder), source.loader);
      names.push(alias);
      values.push(moduleValue(module));
    } catch (error) {
      throw new ScriptError(`Cannot import "${specifier}" (-M): ${(error as Error).message}`, { cause: error });
    }
  }
  return { names, values };
}
