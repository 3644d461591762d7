/** A job's plan: its sources, how those of them that are streams are cut, and where it ends. */

import type { CsvHeader } from "../../formats/csv/header.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { chunkUse } from "../../protocol/chunk-grid.ts";
import type { JournalEntry } from "../commit/journal.ts";
import type { Job } from "../job/job.ts";
import { type BatchSource, Plan } from "./chunk-plan.ts";
import { createCsvCutter } from "./csv-splitter.ts";
import { separatedBy } from "./framing.ts";
import { LimitedPlan } from "./limit.ts";
import { ScannedPlan } from "./scanned-plan.ts";
import { createCutter } from "./stream-splitter.ts";

const BLOCK_BYTES = 256 * 1024;

export interface PlanWorld {
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly openInput: (path: string) => InputFile;
  readonly text: TextCodec;
  readonly resumeFrom?: JournalEntry | undefined;
}

/** @param use how chunks can be told from each other in the output */
export function planOf(job: Job, { after, openInput, text, resumeFrom }: PlanWorld, use = chunkUse(job)): BatchSource {
  const { sources, range, grid, maxBatchBytes, separator, maxRecordBytes, limit = Number.POSITIVE_INFINITY } = job;
  const cutOptions = { blockBytes: BLOCK_BYTES, mostBytes: job.blockBytes, maxRecordBytes, after };
  const headers = new Map<number, CsvHeader>();
  const plan = new Plan({
    sources,
    grid,
    use,
    maxBatchBytes,
    rangeCount: range && Math.min(range.count, limit),
    cut(source) {
      const { readHeader } = job;
      if (readHeader === undefined) return createCutter(source, { ...cutOptions, framing: separatedBy(separator) });
      return createCsvCutter(source, {
        ...cutOptions,
        readHeader: (bytes, complete) => readHeader(source.name, bytes, complete),
        onHeader: (header) => headers.set(sources.indexOf(source), header),
      });
    },
  });
  if (resumeFrom !== undefined) plan.startAt(resumeFrom.next);
  const wanted = limit - (resumeFrom?.counts[0] ?? 0);
  if (job.readHeader !== undefined)
    return new ScannedPlan({ plan, sources, headers, limit: wanted, openInput, startAt: resumeFrom?.next });
  if (range !== undefined || job.limit === undefined) return plan;
  return new LimitedPlan(plan, { ...job, limit: wanted, openInput, text });
}
