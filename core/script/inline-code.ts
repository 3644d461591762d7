/** What a script exports, and what kind of job code without a module makes. */
import type { ScriptFacts, ScriptSource } from "./types.ts";

/** Every export of a script that is a function by its name. */
export const FUNCTION_EXPORTS = [
  "map",
  "filter",
  "key",
  "reduce",
  "initial",
  "merge",
  "finish",
  "setup",
  "teardown",
] as const;

/** Every export of a script that means something. */
export const EXPORTS: readonly string[] = ["default", ...FUNCTION_EXPORTS, "options"];

/** Told without loading it; undefined where a module has a say, too. */
export function factsOfCode({ url, code, modules }: ScriptSource): ScriptFacts | undefined {
  if (url !== undefined || modules.length > 0) return undefined;
  return {
    keyed: code.key !== undefined,
    reduces: code.reduce !== undefined,
    setsUp: code.setup !== undefined,
    tearsDown: code.teardown !== undefined,
    options: {},
    exports: [],
  };
}
