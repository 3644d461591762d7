/**
 * The journal: what a job needs to know to go on after it died. One line per group of commits; the last whole line counts.
 *
 * A line that has been written outlives our death, but not that of the machine: the disk may have got it, and not the
 * output that it speaks of. So a line names the boot in which it was written, and a mark says how many lines, with all
 * that they speak of, have been brought to the disk. After another boot only these count.
 */

import { parseJson } from "../../json.ts";
import type { NodeHead, SortedRun } from "../../protocol/messages.ts";
import type { FailureKind } from "../../protocol/record-failure.ts";
import type { PlanPosition } from "../job/batch.ts";
import type { UnpackedTail } from "./sinks.ts";

export interface JournalEntry {
  /** Where the plan goes on: behind the last committed batch. */
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
  /** Of an output that is compressed: what is committed, and not in the file yet. */
  readonly unpacked?: UnpackedTail | undefined;
  /** Of CSV that is printed: its columns, once they are known. */
  readonly columns?: readonly string[] | undefined;
  /** Bytes of the errors file, and the boot of the machine; the adapter's business. */
  readonly errorsBytes: number;
  readonly boot: string;
}

/** This number of lines is on the disk, with the output that they describe. */
export interface DurableMark {
  readonly durable: number;
}

export interface Journal {
  /** Whether it is time for another line. */
  due(): boolean;
  write(entry: Omit<JournalEntry, "errorsBytes" | "boot">): void;
}

/** A journal as it was found. */
export interface FoundJournal {
  /** The lines that count as one, with everything that adds up added up. Undefined when there is none. */
  readonly entry: JournalEntry | undefined;
  /** Entries that count, and characters of the text up to the end of the last one: what comes after is dropped. */
  readonly entries: number;
  readonly characters: number;
}

/** Reads what stands in a journal behind its head. */
export function readEntries(text: string, boot: string): FoundJournal {
  // What the dying process did not finish has no end of line.
  const lines = text.split("\n").slice(0, -1);
  const parsed = parseWhile(lines);
  const durable = Math.max(0, ...parsed.map((line) => ("durable" in line ? line.durable : 0)));
  const entries: JournalEntry[] = [];
  let characters = 0;
  for (const [i, line] of parsed.entries()) {
    if (!("durable" in line)) {
      if (entries.length >= durable && line.boot !== boot) break;
      entries.push(line);
    }
    characters += (lines[i] as string).length + 1;
  }
  const last = entries.at(-1);
  const entry = last && {
    ...last,
    nodes: entries.flatMap(({ nodes }) => nodes),
    runs: entries.flatMap(({ runs }) => runs),
  };
  return { entry, entries: entries.length, characters };
}

/** The lines up to the first one that is none: a disk that has lost power may keep a hole, and something behind it. */
function parseWhile(lines: readonly string[]): (JournalEntry | DurableMark)[] {
  const parsed: (JournalEntry | DurableMark)[] = [];
  for (const line of lines) {
    try {
      parsed.push(parseJson(line) as JournalEntry | DurableMark);
    } catch {
      break;
    }
  }
  return parsed;
}
