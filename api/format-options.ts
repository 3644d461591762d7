/** The flags of formats: which of them are for the formats of a job, and what they mean for reading and printing. */
import { UsageError } from "../core/errors.ts";
import type { FormatName, FormatOptions } from "../core/formats/format.ts";
import { formatFlags, formatNamed, outputNamed } from "../core/formats/registry.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import type { Given, JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

/** Undefined where neither the input's format nor the output's has flags. */
export function formatOptions(
  { script }: JobOptions,
  { from, to, table }: ScriptSettings,
  { exports }: ScriptFacts,
): FormatOptions | undefined {
  if (formatNamed(from)?.flags === undefined && formatNamed(to)?.flags === undefined) return undefined;
  // What a map returns has the columns of the output; the records that it gets are whole.
  const maps = script.code.map !== undefined || exports.includes("map") || exports.includes("default");
  const isTable = outputNamed(to).hasColumns === true;
  return {
    ...table,
    columns: isTable && maps ? undefined : table.columns,
    outputColumns: isTable ? table.columns : undefined,
  };
}

/** @throws {UsageError} for a flag that is for other formats */
export function checkFormatFlags(given: Given, formats: readonly [from: FormatName, to: FormatName]): void {
  const flags = formats.map((name) => formatNamed(name)?.flags);
  const allowed = flags.flatMap((each) => each?.names ?? []);
  for (const { of, names } of formatFlags()) {
    const wrong = names.find((name) => given.has(name) && !allowed.includes(name));
    if (wrong === undefined) continue;
    const name = of.toLowerCase();
    throw new UsageError(
      `Cannot use --${wrong} with ${formats[0]}: it is for ${of}\nSay --from ${name}, or --to ${name}`,
    );
  }
}
