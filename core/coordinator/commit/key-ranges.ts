/** Cutting sorted runs into ranges of keys, one request each. The cuts decide who does what, never what comes out. */

import { compareKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest, RunSlice, SortedRun } from "../../protocol/messages.ts";
import type { Key } from "../../script/types.ts";

export type KeyRange = Pick<GroupRequest, "slices" | "low" | "high">;

/**
 * @param runs in the order of their batches
 * @param rangeBytes about how many bytes of runs make a range
 */
export function cutByKeys(runs: readonly SortedRun[], rangeBytes: number): KeyRange[] {
  const cuts = chooseCuts(runs, rangeBytes);
  const ranges: KeyRange[] = [];
  for (let i = 0; i <= cuts.length; i++) {
    const low = i === 0 ? undefined : { key: cuts[i - 1] as Key };
    const high = i === cuts.length ? undefined : { key: cuts[i] as Key };
    const slices = runs.map((run) => sliceOf(run, low?.key, high?.key)).filter(({ start, end }) => end > start);
    if (slices.length > 0) ranges.push({ slices, low, high });
  }
  return ranges;
}

/** Every indexed key stands for the bytes up to the next one; a cut is made whenever enough bytes have come together. */
function chooseCuts(runs: readonly SortedRun[], rangeBytes: number): Key[] {
  const samples: { key: Key; bytes: number }[] = [];
  for (const { index, end } of runs) {
    for (const [i, [key, start]] of index.entries()) samples.push({ key, bytes: (index[i + 1]?.[1] ?? end) - start });
  }
  samples.sort((a, b) => compareKeys(a.key, b.key));
  const cuts: Key[] = [];
  let bytes = 0;
  for (const sample of samples) {
    const last = cuts.at(-1);
    if (bytes >= rangeBytes && (last === undefined || compareKeys(last, sample.key) < 0)) {
      cuts.push(sample.key);
      bytes = 0;
    }
    bytes += sample.bytes;
  }
  return cuts;
}

/** The part of a run that can hold keys of [low, high), to the index's precision. */
function sliceOf({ path, start, end, index }: SortedRun, low: Key | undefined, high: Key | undefined): RunSlice {
  const first = low === undefined ? 0 : Math.max(0, countBelow(index, low, true) - 1);
  const last = high === undefined ? index.length : countBelow(index, high, false);
  return { path, start: index[first]?.[1] ?? start, end: index[last]?.[1] ?? end };
}

/** How many indexed keys come before `key` (or are it, when `orSame`). */
function countBelow(index: SortedRun["index"], key: Key, orSame: boolean): number {
  let [from, to] = [0, index.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = compareKeys((index[middle] as readonly [Key, number])[0], key);
    if (order < 0 || (orSame && order === 0)) from = middle + 1;
    else to = middle;
  }
  return from;
}
