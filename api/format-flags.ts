/** Which flags are for the formats of a job. */
import { UsageError } from "../core/errors.ts";
import type { FormatName } from "../core/formats/format.ts";
import { formatFlags, formatNamed } from "../core/formats/registry.ts";
import type { Given } from "./options.ts";

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
