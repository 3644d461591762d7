/** The settings that a script can give, too: the command line wins over the script, the script over the defaults. */
import type { MaxErrors } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { FormatName, FormatOptions } from "../core/formats/format.ts";
import { formatNamed } from "../core/formats/registry.ts";
import type { StartLimits } from "../core/protocol/worker-settings.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import { checkFormatFlags } from "./format-flags.ts";
import { type FoundFormat, formatOf, formatOfFiles, outputFormatOf } from "./input-format.ts";
import type { Given, JobOptions } from "./options.ts";
import {
  type Around,
  DEFAULT_VALUES,
  type OptionName,
  type OptionValues,
  readOptions,
  SCRIPT_OPTIONS,
} from "./options-table.ts";
import { typedValue } from "./typed-values.ts";

/** What a script's `options` may also say. */
export interface ScriptSettings {
  readonly from: FormatName;
  /** The input is JSON of any shape, which is made JSON lines of. */
  readonly ofValues: boolean;
  /** Keys that lead to the arrays whose elements are the records of JSON. */
  readonly recordsAt: readonly string[] | undefined;
  readonly to: FormatName;
  readonly unordered: boolean;
  readonly bigints: boolean;
  /** What the input is written in, by the names that TextDecoder knows; undefined for UTF-8. */
  readonly encoding: string | undefined;
  readonly limit: number | undefined;
  readonly maxRecordBytes: number;
  readonly concurrency: number;
  /** What all workers together may do; undefined for as much as they can. */
  readonly startLimits: StartLimits | undefined;
  readonly onError: "fail" | "skip";
  readonly maxErrors: MaxErrors | undefined;
  readonly retries: number;
  readonly retryThrows: number;
  readonly timeoutMs: number | undefined;
  readonly chunkBytes: number | undefined;
  readonly seed: number;
  readonly table: TableSettings;
}

/** The flags of formats, as they are given. */
export type TableSettings = Omit<FormatOptions, "outputColumns" | "bigints">;

/**
 * The settings, complete.
 * @param facts what is known of the script, its `options` export too
 * @throws {UsageError} when one of them is not what it has to be
 */
export function resolveSettings(
  plan: JobOptions,
  { options, keyed, reduces }: Pick<ScriptFacts, "options" | "keyed" | "reduces">,
  sources: readonly Source[],
): { readonly settings: ScriptSettings; readonly format: FoundFormat | undefined } {
  const fromScript = givenByScript(options, plan.script.name);
  const configured = plan.configured ?? new Map();
  const said = plan.given.has("from")
    ? "as --from says"
    : fromScript.has("from")
      ? "as the script says"
      : configured.has("from")
        ? "as the configuration says"
        : undefined;
  const asks = [plan.given, fromScript, configured].some((given) => given.has("records-at"));
  const found =
    said !== undefined
      ? { from: DEFAULT_VALUES.from, reason: said }
      : asks
        ? { from: "json" as const, reason: "--records-at is for JSON" }
        : formatOf(sources);
  const around = { usableCores: plan.cores, mode: plan.mode };
  const values = {
    ...readOptions(configured, around),
    ...readScriptOptions(fromScript, plan.script.name, around),
    ...readOptions(plan.given, around),
  };
  const settings = settingsOf({
    ...DEFAULT_VALUES,
    from: found.from,
    to: outputFormatOf(plan.outputPath, { isOneValue: reduces && !keyed }),
    // With a limit for all of them, each worker may have what there is.
    concurrency: Math.max(DEFAULT_VALUES.concurrency, values["total-concurrency"] ?? 0),
    ...values,
  });
  if (settings.maxErrors !== undefined && settings.onError === "fail") {
    throw new UsageError(
      "Cannot use --max-errors with --on-error fail: the first failure ends the job\nSay --on-error skip",
    );
  }
  if (settings.recordsAt !== undefined && !settings.ofValues)
    throw new UsageError(`Cannot use --records-at with ${settings.from}: it is for JSON\nSay --from json`);
  if (settings.encoding !== undefined && plan.range === undefined && formatOfFiles(settings.from) !== undefined)
    throw new UsageError(`Cannot use --encoding with ${settings.from}: it is for text`);
  checkFormatFlags(plan.given, [settings.from, settings.to]);
  return {
    settings,
    format:
      plan.range === undefined
        ? { from: settings.ofValues ? (values.from ?? found.from) : settings.from, reason: found.reason }
        : undefined,
  };
}

/**
 * A script's `options`, as they would be typed, by their flags.
 * @throws {UsageError} for one that a script may not set, and for a value of another type than the option has
 */
export function givenByScript(options: Readonly<Record<string, unknown>>, script: string): Given {
  const given = new Map<string, string | true>();
  for (const [name, value] of Object.entries(options)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!(SCRIPT_OPTIONS as readonly string[]).includes(flag)) {
      throw new UsageError(
        `Cannot use the option "${name}" of "${script}": a script can set ${SCRIPT_OPTIONS.join(", ")}`,
      );
    }
    const typed = typedValue(flag as OptionName, value, `the option "${name}" of "${script}"`);
    if (typed !== undefined) given.set(flag, typed);
  }
  return given;
}

/** @throws {UsageError} that names the script whose value is none */
function readScriptOptions(given: Given, script: string, around: Around): Partial<OptionValues> {
  try {
    return readOptions(given, around);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\nIt stands in the options of "${script}"`);
  }
}

function limitsOf({ rate: perSecond, "total-concurrency": total }: OptionValues): StartLimits | undefined {
  return perSecond === undefined && total === undefined ? undefined : { perSecond, total };
}

/** What each option means for the job. */
function settingsOf(values: OptionValues): ScriptSettings {
  const input = formatNamed(values.from)?.input;
  const into = input?.cut === "converted" ? input.into : undefined;
  return {
    from: into ?? values.from,
    ofValues: into !== undefined,
    recordsAt: values["records-at"],
    to: values.to,
    unordered: values.unordered,
    bigints: values.bigints,
    encoding: values.encoding,
    limit: values.limit,
    maxRecordBytes: values["max-record"],
    concurrency: values.concurrency,
    startLimits: limitsOf(values),
    onError: values["on-error"],
    maxErrors: values["max-errors"],
    retries: values.retries,
    retryThrows: values["retry-throws"],
    timeoutMs: values.timeout,
    chunkBytes: values.chunk,
    seed: values.seed,
    table: {
      delimiter: values.delimiter,
      quotes: values.quote === "double",
      skip: values.skip,
      header: !values["no-header"],
      columns: values.columns,
      types: values.types,
      schema: values.schema,
      ragged: values.ragged,
      comment: values.comment,
      trim: values.trim,
    },
  };
}
