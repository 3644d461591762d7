// How plans cut, and what they cut, in laws about them.
import fc from "fast-check";
import type { BlockCutter } from "../../core/coordinator/schedule/chunk-plan.ts";
import type { ChunkUse } from "../../core/protocol/chunk-grid.ts";

export const hows = fc.record({
  grid: fc.record({
    least: fc.integer({ min: 1, max: 600 }),
    doublings: fc.nat(4),
    parts: fc.integer({ min: 1, max: 9 }),
  }),
  use: fc.constantFrom<ChunkUse>("unseen", "seen", "merged"),
  maxBatchBytes: fc.integer({ min: 600, max: 9000 }),
});

/** What cuts a stream of `length` bytes, each of them a record. */
export function cutterOf(length: number, pieceBytes = 300): BlockCutter {
  let offset = 0;
  return {
    get offset() {
      return offset;
    },
    async next(end) {
      const start = offset;
      if (start >= length) return undefined;
      offset = Math.max(start, Math.min(length, end ?? start + pieceBytes));
      return { start, pieces: [new Uint8Array(offset - start)] };
    },
  };
}
