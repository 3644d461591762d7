/** What the flags of formats mean for reading and printing. */
import type { FormatOptions } from "../core/formats/format.ts";
import { formatNamed, outputNamed } from "../core/formats/registry.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

/** Undefined where neither the input's format nor the output's has flags. */
export function formatOptions(
  { script }: JobOptions,
  { from, to, table, bigints }: ScriptSettings,
  { exports }: ScriptFacts,
): FormatOptions | undefined {
  if (formatNamed(from)?.flags === undefined && formatNamed(to)?.flags === undefined) return undefined;
  // What a map returns has the columns of the output; the records that it gets are whole.
  const maps = script.code.map !== undefined || exports.includes("map") || exports.includes("default");
  // A schema names the columns of the output: then --columns are those of the input.
  const isTable = outputNamed(to).hasColumns === true && table.schema === undefined;
  return {
    ...table,
    bigints,
    columns: isTable && maps ? undefined : table.columns,
    outputColumns: isTable ? table.columns : undefined,
  };
}
