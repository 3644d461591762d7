/**
 * The journal: what a job needs to know to go on after it died. One line per group of commits; the last whole line counts.
 */
import type { FailureKind } from "./failure.ts";
import type { PlanPosition } from "./plan.ts";
import type { NodeHead, SortedRun } from "./protocol.ts";

export interface JournalEntry {
  /** Where the plan goes on: behind the last committed span. */
  readonly next: PlanPosition;
  /** Bytes of output that are committed and written. */
  readonly position: number;
  readonly counts: readonly [records: number, emittedFrom: number, filtered: number, rejected: number, bytesIn: number];
  readonly rejectsByKind: readonly (readonly [FailureKind, number])[];
  readonly counters: readonly (readonly [string, number])[];
  readonly lines: readonly (readonly [source: number, lines: number])[];
  /** Partials and sorted runs since the line before: only these add up over the lines. */
  readonly nodes: readonly (NodeHead & { readonly value: string })[];
  readonly runs: readonly SortedRun[];
  /** Bytes of the errors file; the adapter's business. */
  readonly errorsBytes: number;
}

export interface Journal {
  /** Whether it is time for another line. */
  due(): boolean;
  write(entry: Omit<JournalEntry, "errorsBytes">): void;
}

/** The lines of a journal as one entry, with everything that adds up added up. Undefined when there is no whole line. */
export function joinEntries(lines: readonly string[]): JournalEntry | undefined {
  const entries: JournalEntry[] = [];
  for (const line of lines) {
    try {
      entries.push(JSON.parse(line) as JournalEntry);
    } catch {
      // The line that the dying process did not finish, and nothing can come after it.
      break;
    }
  }
  const last = entries.at(-1);
  if (last === undefined) return undefined;
  return { ...last, nodes: entries.flatMap(({ nodes }) => nodes), runs: entries.flatMap(({ runs }) => runs) };
}
