/** The summary: what happened, on stderr, when there is something to say. */
import type { Report } from "../../api/run.ts";

export interface Told {
  readonly elapsedMs: number;
  readonly verbose: boolean;
  /** Where the rejects are, if they are anywhere. */
  readonly errorsPath: string | undefined;
}

export function summaryText({ summary, format }: Report, { elapsedMs, verbose, errorsPath }: Told): string | undefined {
  const { records, emittedFrom, filtered, rejected, rejectsByKind, firstReject, counters } = summary;
  if (!verbose && rejected === 0 && counters.size === 0) return undefined;
  const parts = [`${count(records, "record")} in ${(elapsedMs / 1000).toFixed(2)} s`];
  if (filtered > 0) parts.push(`${count(emittedFrom, "record")} kept`, `${filtered} filtered`);
  if (rejected > 0) {
    const kinds = [...rejectsByKind].map(([kind, n]) => `${n} ${kind}`).join(", ");
    parts.push(`${rejected} rejected (${kinds})`);
  }
  const lines = [`pmap: ${parts.join(", ")}`];
  if (verbose && format !== undefined) lines.push(`  input format: ${format.from}, ${format.reason}`);
  if (firstReject !== undefined) {
    lines.push(`  first: ${firstReject}`);
    if (errorsPath === undefined) lines.push("  See them with --errors FILE");
  }
  for (const [name, n] of [...counters].sort(([a], [b]) => (a < b ? -1 : 1))) lines.push(`  ${name}: ${n}`);
  return lines.join("\n");
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
