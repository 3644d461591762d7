/** A job's plan: its sources, and how those of them that are streams are cut. */
import type { Job } from "./job.ts";
import { Plan } from "./plan.ts";
import { type CutOptions, createCutter } from "./stream.ts";

export type Blocks = Pick<CutOptions, "blockBytes" | "policy">;

const BLOCK_BYTES = 256 * 1024;
const FOLD_BLOCK_BYTES = 512 * 1024;
const GROUP_BLOCK_BYTES = 4 * 1024 * 1024;

/** What has come goes out, up to so much. */
export const PROMPT_BLOCKS: Blocks = { blockBytes: BLOCK_BYTES, policy: "prompt" };

export function planOf(job: Job, after: CutOptions["after"], blocks = blocksOf(job)): Plan {
  const { sources, range, chunkBytes, maxSpanBytes, separator, maxRecordBytes } = job;
  return new Plan({
    sources,
    chunkBytes,
    maxSpanBytes,
    aligned: job.reduces,
    rangeCount: range?.count,
    cut: (source) => createCutter(source, { ...blocks, separator, maxRecordBytes, after }),
  });
}

/** A block of a reduce is a chunk: its borders must not depend on how the bytes arrive. */
function blocksOf({ reduces, keyed }: Job): Blocks {
  if (!reduces) return PROMPT_BLOCKS;
  return { blockBytes: keyed ? GROUP_BLOCK_BYTES : FOLD_BLOCK_BYTES, policy: "exact" };
}
