/** What `peek` and `init` have in common: data and the flags for reading it, as they are typed for a job. */
import { currentFolder } from "../../api/current-folder.ts";
import { UsageError } from "../../api/errors.ts";
import { declarationOf } from "../../api/record-type.ts";
import { type Sample, takeSample } from "../../api/sample.ts";
import { countText } from "../../api/units.ts";
import type { CommandContext } from "../command.ts";
import { parseArguments, type Typed } from "../flags/parse.ts";
import { resolveTyped } from "../flags/resolve.ts";
import { FLAGS } from "../flags/table.ts";

/** The type is made of as many. */
const SAMPLE_RECORDS = 1000;

export interface Look {
  readonly typed: Typed;
  readonly sample: Sample;
}

/** @throws {UsageError} for a flag that does not say how records are read */
export function parseLook(words: readonly string[], command: string): Typed {
  const typed = parseArguments(words);
  for (const { name, group } of FLAGS)
    if (typed.flags.has(name) && group !== "input" && group !== "csv" && name !== "config")
      throw new UsageError(`Cannot use --${name} with ${command}: it takes flags for reading, such as --from`);
  if (typed.flags.has("range")) throw new UsageError(`Cannot use --range with ${command}: its records are numbers`);
  return typed;
}

export async function look(asTyped: Typed, { runtime, configure, warning }: CommandContext): Promise<Look> {
  const typed = await configure(asTyped);
  // A job needs code: this has none to run.
  const job = { ...typed, flags: new Map([...typed.flags, ["eval", "_"]]) };
  const plan = resolveTyped(job, runtime.name, currentFolder(), () => process.getBuiltinModule("node:tty").isatty(0));
  const sample = await takeSample(plan, { runtime, records: SAMPLE_RECORDS, onWarning: warning });
  return { typed, sample };
}

/** The declaration of the records' type. */
export function typeOfSample({ records }: Sample): string {
  return declarationOf("Row", records);
}

/** `all 3 records of a.csv`, `the first 1,000 records of data.jsonl`. */
export function sampleText({ name, inputs, records, isWhole }: Sample): string {
  const count = countText(records.length, "record");
  if (inputs > 1) return `${count} of ${nameText(name)}, the first of ${countText(inputs, "input")}`;
  return isWhole
    ? `${records.length === 1 ? "the only record" : `all ${count}`} of ${nameText(name)}`
    : `the first ${count} of ${nameText(name)}`;
}

export function nameText(name: string): string {
  return name === "-" ? "stdin" : name;
}
