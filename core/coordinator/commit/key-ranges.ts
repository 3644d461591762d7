/** Cutting sorted runs into ranges of keys, one request each. The cuts decide who does what, never what comes out. */

import { compareKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest, RunSlice, SortedRun } from "../../protocol/messages.ts";
import type { Key } from "../../script/types.ts";

export type KeyRange = Pick<GroupRequest, "low" | "high">;

/**
 * @param runs in the order of their batches
 * @param rangeBytes about how many bytes of runs make a range
 */
export function cutByKeys(runs: readonly SortedRun[], rangeBytes: number): (KeyRange & Pick<GroupRequest, "slices">)[] {
  return rangesOf(chooseCuts(runs, rangeBytes))
    .map((range) => ({ ...range, slices: slicesOf(runs, range) }))
    .filter(({ slices }) => slices.length > 0);
}

/** The ranges between cuts; the first and the last have one side only. */
export function rangesOf(cuts: readonly Key[]): KeyRange[] {
  const sides = [undefined, ...cuts.map((key) => ({ key })), undefined];
  return sides.slice(1).map((high, i) => ({ low: sides[i], high }));
}

/** Every indexed key stands for the bytes up to the next one; a cut is made whenever enough bytes have come together. */
export function chooseCuts(runs: readonly SortedRun[], rangeBytes: number): Key[] {
  const cuts: Key[] = [];
  let bytes = 0;
  for (const sample of samplesOf(runs)) {
    const last = cuts.at(-1);
    if (bytes >= rangeBytes && (last === undefined || compareKeys(last, sample.key) < 0)) {
      cuts.push(sample.key);
      bytes = 0;
    }
    bytes += sample.bytes;
  }
  return cuts;
}

/** One run that stands for several where cuts are chosen: keys of them, about as many bytes after each, and all of the bytes. */
export function sampleOf(runs: readonly SortedRun[], mostKeys: number): SortedRun {
  const samples = samplesOf(runs);
  const end = samples.reduce((sum, { bytes }) => sum + bytes, 0);
  const index: [Key, number][] = [];
  let at = 0;
  for (const { key, bytes } of samples) {
    if (at * mostKeys >= index.length * end) index.push([key, at]);
    at += bytes;
  }
  return { path: "", start: 0, end, index };
}

function samplesOf(runs: readonly SortedRun[]): { readonly key: Key; readonly bytes: number }[] {
  const samples = runs.flatMap(({ index, end }) =>
    index.map(([key, start], i) => ({ key, bytes: (index[i + 1]?.[1] ?? end) - start })),
  );
  return samples.sort((a, b) => compareKeys(a.key, b.key));
}

function slicesOf(runs: readonly SortedRun[], range: KeyRange): RunSlice[] {
  return runs.map((run) => sliceOf(run, range)).filter(({ start, end }) => end > start);
}

/** The part of a run that can hold keys of [low, high), to the index's precision. */
export function sliceOf({ path, start, end, index }: SortedRun, { low, high }: KeyRange): RunSlice {
  const first = low === undefined ? 0 : Math.max(0, countBelow(index, low.key, true) - 1);
  const last = high === undefined ? index.length : countBelow(index, high.key, false);
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
