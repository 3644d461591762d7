/** A job's plan: its sources, how those of them that are streams are cut, and where it ends. */

import type { Header } from "../../formats/format.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { JournalEntry } from "../commit/journal-entries.ts";
import { chunkUseOf, type Job } from "../job/job.ts";
import { type BatchSource, Plan } from "./chunk-plan.ts";
import { separatedBy } from "./framing.ts";
import { LimitedPlan } from "./limit.ts";
import { ScannedPlan } from "./scanned-plan.ts";
import { createScannedCutter } from "./scanned-splitter.ts";
import { createCutter } from "./stream-splitter.ts";
import { UnitPlan } from "./unit-plan.ts";

/** Blocks of a stream are in memory while they come and until their output has been committed: two for each worker. */
const ALL_BLOCKS_BYTES = 8 * 1024 * 1024;
const LEAST_BLOCK_BYTES = 256 * 1024;
const MOST_BLOCK_BYTES = 1024 * 1024;
/** Numbers of a range, or rows, that a worker gets first. */
const FIRST_UNITS = 8;

export interface PlanWorld {
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly openInput: (path: string) => InputFile;
  readonly text: TextCodec;
  readonly resumeFrom?: Pick<JournalEntry, "next" | "counts"> | undefined;
}

/** Each costs the coordinator about as much, however long it is: with few workers it would not keep up with short ones. */
function blockBytesFor(cores: number): number {
  return Math.max(LEAST_BLOCK_BYTES, Math.min(MOST_BLOCK_BYTES, ALL_BLOCKS_BYTES / (2 * cores)));
}

/** @param use how chunks can be told from each other in the output */
export function planOf(
  job: Job,
  { after, openInput, text, resumeFrom }: PlanWorld,
  use = chunkUseOf(job),
): BatchSource {
  const { sources, units, input, grid, maxBatchBytes, maxRecordBytes, limit = Number.POSITIVE_INFINITY } = job;
  const cutOptions = { blockBytes: blockBytesFor(job.cores), mostBytes: job.blockBytes, maxRecordBytes, after };
  const headers = new Map<number, Header>();
  const ends = { grid, use, maxBatchBytes };
  if (units !== undefined) {
    const plan = new UnitPlan({ ...ends, first: FIRST_UNITS, units: Math.min(units, limit), borders: job.unitBorders });
    if (resumeFrom !== undefined) plan.startAt(resumeFrom.next);
    return plan;
  }
  const plan = new Plan({
    ...ends,
    sources,
    cut(source, index) {
      const { readHeader } = job;
      if (input.cut !== "scan" || readHeader === undefined)
        return createCutter(source, { ...cutOptions, framing: separatedBy(input.separator) });
      return createScannedCutter(source, {
        ...cutOptions,
        createScanner: input.createScanner,
        text,
        readHeader: (bytes, complete) => readHeader(source.name, bytes, complete),
        onHeader: (header) => headers.set(index, header),
      });
    },
  });
  if (resumeFrom !== undefined) plan.startAt(resumeFrom.next);
  const wanted = limit - (resumeFrom?.counts[0] ?? 0);
  if (input.cut === "scan")
    return new ScannedPlan({
      plan,
      input,
      sources,
      headers,
      limit: wanted,
      openInput,
      text,
      startAt: resumeFrom?.next,
    });
  if (job.limit === undefined) return plan;
  return new LimitedPlan(plan, { ...job, limit: wanted, openInput, text });
}
