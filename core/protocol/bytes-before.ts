/** How much of a batch comes before a cut, in bytes (numbers of a range). Without a cut it is all of it. */
import type { Cut, Segment } from "./messages.ts";

export function bytesBefore(segments: readonly Segment[], cut: Cut | undefined): number {
  const bytesOf = (parts: readonly Segment[]) => parts.reduce((sum, { start, end }) => sum + end - start, 0);
  if (cut === undefined) return bytesOf(segments);
  return bytesOf(segments.slice(0, cut.segment)) + Math.max(0, cut.at - (segments[cut.segment]?.start ?? cut.at));
}
