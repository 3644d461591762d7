/** What is made of a job's output before it is written: it is compressed, or row groups are made of it. */
import { redirectedFile } from "../adapters/system/redirected-file.ts";
import type { Packing } from "../core/coordinator/commit/packed-sink.ts";
import { UsageError } from "../core/errors.ts";
import { outputNamed } from "../core/formats/registry.ts";
import type { OutputCompression } from "../core/platform/runtime.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import { formatOptions } from "./format-options.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

interface Around {
  readonly compression: OutputCompression | undefined;
  /** Whether stdout is the job's, and not a program's. */
  readonly ownsStdout: boolean;
}

/** @throws {UsageError} for what cannot be with an output of row groups */
export function checkRowGroups(
  { outputPath, resume, explains }: JobOptions,
  { to, table }: ScriptSettings,
  { compression, ownsStdout }: Around,
): void {
  if (outputNamed(to).rowGroups === undefined) {
    if (table.schema !== undefined)
      throw new UsageError(`Cannot use --schema with --to ${to}: it is for Parquet that is written\nSay --to parquet`);
    return;
  }
  const name = outputPath ?? "stdout";
  if (compression !== undefined)
    throw new UsageError(`Cannot write "${name}": Parquet is compressed inside\nLet its name end with .parquet`, {
      about: "output",
    });
  if (resume)
    throw new UsageError(
      `Cannot resume "${name}": the list of its row groups is written last, so what is there is no Parquet\nStart it again without --resume`,
      { about: "output" },
    );
  if (outputPath !== undefined || !ownsStdout || explains) return;
  if (process.stdout.isTTY === true)
    throw new UsageError("Cannot write Parquet to a terminal: it is no text\nName a file: -o FILE", {
      about: "output",
    });
  const file = redirectedFile(1);
  if (file !== undefined && (file.append ? file.size : file.position) > 0)
    throw new UsageError(
      "Cannot write Parquet to stdout: there is something in it already, and a file counts its places from its beginning\nName a file: -o FILE",
      { about: "output" },
    );
}

/** Undefined where it is written as it is. */
export function packingOf(
  plan: JobOptions,
  settings: ScriptSettings,
  { facts, compression }: Pick<Around, "compression"> & { readonly facts: ScriptFacts },
): Packing | undefined {
  const { rowGroups, ends } = outputNamed(settings.to);
  const options = formatOptions(plan, settings, facts);
  if (rowGroups === undefined) return compression && { how: "compressed", compression, ends: ends(options) };
  return {
    how: "row groups",
    given: rowGroups.given(options),
    format: rowGroups,
    headBytes: ends(options).head.length,
    name: plan.outputPath ?? "stdout",
  };
}
