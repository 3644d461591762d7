/** The summary: what happened, on stderr, when there is something to say. Loaded when it is told. */

import type { PlacedSlowRecord, Report, Summary } from "../../api/execution.ts";
import type { JobOptions } from "../../api/options.ts";
import { countText, rateText, timeText } from "../../api/units.ts";
import { hotLinesText } from "./hot-lines.ts";
import { slowPlace } from "./slow-place.ts";

export interface Told {
  readonly plan: JobOptions;
  /** Since this process began. */
  readonly elapsedMs: number;
  /** CPU time of this process. */
  readonly ownCpuMs: number;
}

/** Of quicker ones the summary says nothing unless it is asked for. */
const SLOW_MS = 1000;
const MOST_SLOW = 3;

export function summaryText(report: Report, { plan, elapsedMs, ownCpuMs }: Told): string {
  const { summary, format } = report;
  const { rejectsByKind, firstByKind, counters, slowest } = summary;
  const verbose = plan.summary === "always";
  const lines = [`pmap: ${headOf(report, plan, elapsedMs, ownCpuMs)}`];
  if (verbose && format !== undefined) lines.push(`  input format: ${format.from}, ${format.reason}`);
  for (const [kind, first] of firstByKind)
    lines.push(`  ${rejectsByKind.size > 1 ? `first ${kind}` : "first"}: ${first}`);
  if (firstByKind.size > 0) lines.push(...nextSteps(plan));
  for (const [name, n] of [...counters].sort(([a], [b]) => (a < b ? -1 : 1))) lines.push(`  ${name}: ${n}`);
  const { hotLines } = report;
  if (verbose && hotLines !== undefined) lines.push(...hotLinesText(hotLines, `${plan.profilePath}`));
  const slow = slowest.filter(({ ms }) => verbose || ms >= SLOW_MS).slice(0, MOST_SLOW);
  if (slow.length > 0) lines.push(`  slowest: ${slow.map(slowText).join(", ")}`);
  return lines.join("\n");
}

function slowText(slow: PlacedSlowRecord): string {
  return `${slowPlace(slow)} ${timeText(slow.ms)}`;
}

function headOf({ summary, workersCpuMs }: Report, plan: JobOptions, elapsedMs: number, ownCpuMs: number): string {
  const { records } = summary;
  const seconds = elapsedMs / 1000;
  const parts = [`${countText(records, "record")} in ${seconds.toFixed(2)} s`];
  if (records > 0) parts.push(`${rateText(records / seconds)}/s`);
  const used = (workersCpuMs + ownCpuMs) / elapsedMs;
  if (!Number.isNaN(used)) parts.push(`${used.toFixed(2)} of ${countText(plan.cores, "core")}`);
  parts.push(...outcomes(summary));
  return parts.join(", ");
}

function outcomes({ emittedFrom, filtered, rejected, rejectsByKind }: Summary): string[] {
  const parts: string[] = [];
  if (filtered > 0 || rejected > 0) parts.push(`${emittedFrom.toLocaleString("en-US")} kept`);
  if (filtered > 0) parts.push(`${filtered.toLocaleString("en-US")} filtered`);
  if (rejected > 0) {
    const kinds = [...rejectsByKind].map(([kind, n]) => `${n} ${kind}`).join(", ");
    parts.push(`${rejected.toLocaleString("en-US")} rejected (${kinds})`);
  }
  return parts;
}

/** What to type next: to keep the rejects, or to map those that have been kept. */
function nextSteps(plan: JobOptions): string[] {
  const { errorsPath, script } = plan;
  if (errorsPath === undefined) return ["  See them with --errors FILE"];
  const code = Object.entries(script.code).flatMap(([name, text]) => [script.codeNames?.[name] ?? name, quoted(text)]);
  const words = [...flagsOfRecords(plan), ...(script.url === undefined ? [] : [quoted(script.name)]), ...code];
  return [`  Map them again with: pmap --from rejects ${words.join(" ")} ${quoted(errorsPath)}`];
}

/** Flags without which the same bytes would be other records, as they were typed: what the script says it says again. */
function flagsOfRecords({ given }: JobOptions): string[] {
  return ["bigints", "types", "ragged"].flatMap((flag) => {
    const value = given.get(flag);
    if (value === undefined) return [];
    return value === true ? [`--${flag}`] : [`--${flag}`, quoted(value)];
  });
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
