/** A job's plan: its sources, how those of them that are streams are cut, and where it ends. */

import type { InputFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { chunkUse } from "../../protocol/chunk-grid.ts";
import type { JournalEntry } from "../commit/journal.ts";
import type { Job } from "../job/job.ts";
import { type BatchSource, Plan } from "./chunk-plan.ts";
import { LimitedPlan } from "./limit.ts";
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
  const plan = new Plan({
    sources,
    grid,
    use,
    maxBatchBytes,
    rangeCount: range && Math.min(range.count, limit),
    cut: (source) => createCutter(source, { blockBytes: BLOCK_BYTES, separator, maxRecordBytes, after }),
  });
  if (resumeFrom !== undefined) plan.startAt(resumeFrom.next);
  if (range !== undefined || job.limit === undefined) return plan;
  return new LimitedPlan(plan, { ...job, limit: job.limit - (resumeFrom?.counts[0] ?? 0), openInput, text });
}
