/** `--dry-run`: what would run, and where each value comes from. */
import { type DryRun, dryRun } from "../../api/dry-run.ts";
import type { Runtime } from "../../api/execution.ts";
import type { JobOptions } from "../../api/options.ts";
import { DEFAULT_VALUES, OPTIONS, type OptionName } from "../../api/options-table.ts";
import { countText, sizeText } from "../../api/units.ts";
import type { Typed } from "../flags/parse.ts";
import { FLAGS } from "../flags/table.ts";
import { defaultText } from "../help/flag-text.ts";

/** Of many inputs, the names of the first are shown. */
const MOST_INPUTS = 10;

/** @throws {UsageError} for what the job would refuse before its first record */
export async function dryRunText(plan: JobOptions, typed: Typed, runtime: Runtime): Promise<string> {
  const run = await dryRun(plan, runtime);
  const rows: [string, readonly string[]][] = [
    ["script", scriptLines(run)],
    ["input", inputLines(run)],
    ["format", formatLines(run)],
    ["output", outputLines(run)],
    ["chunks", [chunksText(run)]],
    ["workers", [workersText(run)]],
  ];
  const shown = rows.map(([name, lines]) =>
    lines.map((line, i) => `${(i === 0 ? name : "").padEnd(9)}${line}`).join("\n"),
  );
  return `Nothing is started. This would run:\n\n${shown.join("\n")}\n\nvalues\n${valueLines(run, typed).join("\n")}\n`;
}

function scriptLines({ plan, functions, byScript }: DryRun): string[] {
  const { script } = plan;
  const known = functions.filter((name) => name !== "options");
  const gives = known.length === 0 ? "no function is seen" : known.join(", ");
  if (script.url === undefined) return [`from the command line: ${gives}`];
  const lines = [`${script.name}: ${gives}`, "read, not loaded: a mistake in it shows when it runs"];
  return byScript === undefined ? [...lines, "its options are no literal values: they are known when it runs"] : lines;
}

function inputLines({ plan, sources }: DryRun): string[] {
  const { range } = plan;
  if (range !== undefined) return [`${countText(range.count, "number")}, from ${range.from} by ${range.step}`];
  const lines = sources
    .slice(0, MOST_INPUTS)
    .map((source) => `${source.name === "-" ? "stdin" : source.name}: ${lengthText(source)}`);
  if (sources.length > 1) {
    const plainBytes = (each: Source) => (each.kind === "file" && !each.compressed ? each.end - each.begin : 0);
    const bytes = sources.reduce((sum, each) => sum + plainBytes(each), 0);
    const more = sources.length > MOST_INPUTS ? `and ${sources.length - MOST_INPUTS} more; ` : "";
    lines.push(`${more}${countText(sources.length, "input")}, ${bytesText(bytes)} in files that are not compressed`);
  }
  return lines;
}

type Source = DryRun["sources"][number];

function lengthText(source: Source): string {
  if (source.kind === "stream") return "of unknown length";
  const length = bytesText(source.end - source.begin);
  if (source.compressed === undefined) return length;
  return `${length} in a compressed file, read ${source.compressed.index.size === undefined ? "by ranges" : "by one worker"}`;
}

function bytesText(bytes: number): string {
  return bytes < 1024 ? countText(bytes, "byte") : sizeText(bytes);
}

function formatLines({ plan, format, job, settings }: DryRun): string[] {
  const lines = format === undefined ? ["numbers"] : [`${format.from}, ${format.reason}`];
  for (const { name, header } of job.sources.flatMap((source) => (source.kind === "file" ? [source] : [])).slice(0, 1))
    if (header !== undefined) lines.push(`columns of ${name}: ${header.dialect.columns.join(", ")}`);
  const byName = settings.to === DEFAULT_VALUES.to ? "the default" : "by the name of the output";
  const counted = plan.given.has("to") ? "as --to says" : byName;
  return [...lines, `output: ${settings.to}, ${counted}`];
}

function outputLines({ plan, output, job }: DryRun): string[] {
  if (output === "stdout") return ["stdout"];
  if (output === "redirected") return ["stdout, which is a file: workers write to it"];
  const path = `${plan.outputPath}`;
  const order = job.ordered ? "" : ", in no order";
  if (output.interrupted && !plan.resume && !plan.restart)
    return [`${path}: refused, an interrupted run has left work there; --resume goes on, --restart starts over`];
  if (output.interrupted) return [`${path}: ${plan.resume ? "goes on where it was interrupted" : "starts over"}`];
  if (output.exists && plan.resume) return [`${path}: complete, there is nothing to resume`];
  return [`${path}, ${output.exists ? "which is replaced" : "which is new"} when the job is done${order}`];
}

function chunksText({ chunks, chunkSize: most, job: { input } }: DryRun): string {
  const size = input.cut === "units" ? countText(most, input.unit) : bytesText(most);
  return chunks === undefined ? `of up to ${size}; how many is known at the end` : `${chunks}, of up to ${size}`;
}

function workersText({ plan, chunks, firstWorkers }: DryRun): string {
  if (plan.engine === "spark") return `processes of ${plan.runtime} on Spark, ${plan.master ?? "its default master"}`;
  const { cores, mode, runtime, maxMemoryBytes, sandbox } = plan;
  const most = Math.min(cores, chunks ?? cores);
  const memory = maxMemoryBytes === undefined ? "" : `, ${sizeText(maxMemoryBytes)} each`;
  const kind =
    mode === "inline"
      ? "inline, in pmap itself"
      : mode === "thread"
        ? `threads of ${runtime}`
        : `processes of ${runtime}`;
  return `up to ${most}, ${Math.min(most, firstWorkers)} at once, ${kind}${memory}${sandbox ? ", sandboxed" : ""}`;
}

/** Each value and where it comes from: those that are set first, then defaults. */
function valueLines(run: DryRun, { flags, origins, configured }: Typed): string[] {
  const set: [string, string, string][] = [];
  const usual: [string, string, string][] = [];
  const isOfCsv = run.isTable.from || run.isTable.to;
  for (const flag of FLAGS) {
    const { name } = flag;
    const given = flags.get(name);
    const byScript = run.byScript?.get(name);
    if (given !== undefined && name !== "dry-run") set.push([name, textOf(given), origins.get(name) ?? "command line"]);
    else if (byScript !== undefined) set.push([name, textOf(byScript), `options of ${run.plan.script.name}`]);
    else if (configured?.get(name) !== undefined)
      set.push([name, textOf(configured.get(name) as string | true), origins.get(name) ?? "a file"]);
    else if (name === "cores") usual.push([name, String(run.plan.cores), "the usable cores"]);
    else if (name === "runtime") usual.push([name, run.plan.runtime, "it runs pmap"]);
    else if (name === "from" || name === "to" || (flag.group === "csv" && !isOfCsv)) continue;
    else if (name in OPTIONS && DEFAULT_VALUES[name as OptionName] !== undefined) {
      const text = defaultText(flag);
      if (text !== undefined) usual.push([name, text, "default"]);
    }
  }
  const rows = [...set, ...usual];
  const [first, second] = [0, 1].map((i) => Math.max(...rows.map((row) => Math.min(40, row[i]?.length ?? 0))));
  return rows.map(([name, value, origin]) => `  --${name.padEnd(first ?? 0)}  ${value.padEnd(second ?? 0)}  ${origin}`);
}

function textOf(value: string | readonly string[] | true): string {
  return value === true ? "on" : typeof value === "string" ? value : value.join(" ");
}
