/** From options, a script's facts and inputs to a job: everything that can be wrong with them is said before a record runs. */
import { openInput } from "../adapters/shared/positional-files.ts";
import { asUtf8 } from "../adapters/system/decode-text.ts";
import type { FindFar } from "../adapters/system/far-files.ts";
import { resolveInputs } from "../adapters/system/open-inputs.ts";
import { outputCompression } from "../adapters/system/output-compression.ts";
import type { Job } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { OutputCompression } from "../core/platform/runtime.ts";
import { EXPORTS } from "../core/script/inline-code.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import { byRanges } from "./by-ranges.ts";
import { createJob, type JobInput } from "./create-job.ts";
import { settingsOfJob } from "./exclusive-options.ts";
import type { ExecuteOptions } from "./execution.ts";
import { type FoundFormat, formatOfFiles, withRemark } from "./input-format.ts";
import type { JobOptions } from "./options.ts";
import { checkRowGroups } from "./packing.ts";
import { checkErrorsPath, checkOutput, checkReports } from "./path-conflicts.ts";
import type { ScriptSettings } from "./script-options.ts";

export interface PlannedJob {
  readonly job: Job;
  readonly sources: readonly Source[];
  readonly facts: ScriptFacts;
  readonly settings: ScriptSettings;
  readonly format: FoundFormat | undefined;
  readonly compression: OutputCompression | undefined;
}

export interface PlanTools {
  /** Aborted when the job has ended, or is cancelled: what is being read is closed. */
  readonly ended: AbortSignal;
  /** The sources, where they had to be known before. */
  readonly early: readonly Source[] | undefined;
  /** What the script is, from the first worker that has loaded it. */
  readonly facts: Promise<ScriptFacts>;
  readonly warn: (message: string) => void;
  /** Finds inputs that another process reads. */
  readonly findFar: FindFar | undefined;
  /** The sources are known, or known better. */
  readonly onSources: (sources: readonly Source[]) => void;
  /** Whether the engine takes such a job: throws where it does not. */
  readonly check: (settings: ScriptSettings, sources: readonly Source[]) => void;
}

/** The sources of a job whose workers may read nothing else: they have to be known before the first of them starts. */
export function sourcesOfSandbox(
  plan: JobOptions,
  { runtime }: ExecuteOptions,
  ended: AbortSignal,
): Promise<readonly Source[]> {
  return resolveInputs(plan, runtime, { stdin: "read here", whole: filesOf(plan), ended });
}

/** @throws {UsageError} for options that do not fit together, the script or the inputs */
export async function planJob(plan: JobOptions, options: ExecuteOptions, tools: PlanTools): Promise<PlannedJob> {
  const { runtime, ownsStdout } = options;
  const { warn, findFar, ended } = tools;
  const whole = filesOf(plan);
  const first = tools.early ?? (await resolveInputs(plan, runtime, { whole, findFar, ended }));
  tools.onSources(first);
  const facts = await factsOf(plan, tools);
  const compression = await outputCompression(plan.outputPath, plan.runtime === runtime.name);
  const { settings, format } = settingsOfJob(plan, facts, first);
  checkRowGroups(plan, settings, { compression, ownsStdout });
  // It is the script, or the file's name, that says so.
  const wholeNow = plan.range === undefined ? formatOfFiles(settings.from) : undefined;
  const isOther = wholeNow !== undefined && wholeNow !== whole;
  const found = isOther ? await resolveInputs(plan, runtime, { whole: wholeNow, findFar, ended }) : first;
  const sources = await byRanges(found, { plan, settings, runtime });
  tools.onSources(sources);
  const read = await jobInput(sources, settings, ended);
  const input = plan.engine === "spark" ? { ...read, sources: read.sources.map(withoutLines) } : read;
  tools.check(settings, input.sources);
  const job = await createJob(plan, settings, facts, input, { openInput, text: runtime.text, warn });
  checkOutput(plan);
  checkReports(plan, sources);
  options.onPlanned?.(job);
  if (plan.sandbox && job.keyed)
    throw new UsageError("Cannot use --sandbox with a key: its groups are sorted in files");
  if (plan.errorsPath !== undefined) checkErrorsPath(plan.errorsPath, plan, settings, sources);
  return { job, sources, facts, settings, format: withRemark(format, job), compression };
}

function filesOf(plan: JobOptions): ReturnType<typeof formatOfFiles> {
  return formatOfFiles(plan.given.get("from"));
}

async function factsOf(plan: JobOptions, tools: PlanTools): Promise<ScriptFacts> {
  const facts = await tools.facts;
  if (facts.exports.some((name) => !EXPORTS.includes(name))) {
    const { misspelled } = await import("./misspelled.ts");
    const message = misspelled(plan.script.name, facts.exports);
    if (message !== undefined) tools.warn(message);
  }
  return facts;
}

async function jobInput(sources: readonly Source[], settings: ScriptSettings, ended: AbortSignal): Promise<JobInput> {
  const decoded = settings.encoding === undefined ? sources : asUtf8(sources, settings.encoding, ended);
  if (!settings.ofValues) return { sources: decoded };
  const { jsonInput } = await import("./json.ts");
  return jsonInput(decoded, settings, ended);
}

/** A stream that other machines read: they say the lines of its records. */
function withoutLines(source: Source): Source {
  return source.kind === "file" ? source : { ...source, lineAt: undefined };
}
