/** `pmap peek DATA`: the first records, the format and why, and the type of the records. */
import { printable, UsageError } from "../../api/errors.ts";
import type { CommandContext } from "../command.ts";
import { look, nameText, parseLook, sampleText, typeOfSample } from "./look.ts";

const SHOWN = 5;
const WIDEST = 300;

/** @throws {UsageError} for words that it does not understand, and data that cannot be read */
export async function peek(words: readonly string[], context: CommandContext): Promise<string> {
  const { typed, sample } = await look(parseLook(words, "peek"), context);
  const limit = typed.flags.get("limit");
  const { name, format, records, rejected, firstReject } = sample;
  if (rejected > 0 && records.length === 0)
    throw new UsageError(
      `Cannot read "${nameText(name)}" as ${format.from}, ${format.reason}: ${firstReject}\nSay what it is with --from`,
      { about: "input" },
    );
  const shown = records.slice(0, limit === undefined ? SHOWN : Number(limit));
  const parts = [`${nameText(name)}: ${format.from}, ${format.reason}`];
  if (records.length === 0) return `${parts[0]}; it has no records`;
  parts.push(shown.map(recordText).join("\n"));
  parts.push(typeOfSample(sample));
  parts.push(
    `This is the type of ${sampleText(sample)}${rejected > 0 ? `; ${rejected} more cannot be read, the first in ${firstReject}` : ""}.`,
  );
  parts.push(`A script of this type: pmap init script.ts --like ${nameText(name) === "stdin" ? "FILE" : name}`);
  return printable(parts.join("\n\n"));
}

function recordText(record: unknown): string {
  const text =
    record instanceof Uint8Array
      ? `${record.length} bytes`
      : JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 4)} ...`;
}
