/** What kind of job code from the command line makes. */
import type { ScriptSource } from "./protocol.ts";
import type { ScriptFacts } from "./script.ts";

/** Every export of a script that means something. */
export const EXPORTS: readonly string[] = [
  "default",
  "map",
  "filter",
  "key",
  "reduce",
  "initial",
  "merge",
  "finish",
  "setup",
  "teardown",
  "options",
];

/** Told without loading it; undefined where a module has a say, too. */
export function factsOfCode({ url, code, modules }: ScriptSource): ScriptFacts | undefined {
  if (url !== undefined || modules.length > 0) return undefined;
  return {
    keyed: code.key !== undefined,
    reduces: code.reduce !== undefined,
    setsUp: false,
    tearsDown: false,
    options: {},
    exports: [],
  };
}
