/** How many times were how long: counts in buckets, two for each doubling, so that those of several workers can be added. */

const BUCKETS = 72;
/** Where the second bucket begins; the first one holds what is shorter. A sixteenth of a microsecond. */
const LEAST_MS = 1 / 16_000;

/** Counts by bucket; those at the end that are 0 may be missing. The last bucket has no end: it begins at an hour. */
export type TimeCounts = readonly number[];

export class TimeHistogram {
  readonly #counts: number[] = new Array(BUCKETS).fill(0);

  add(ms: number): void {
    const bucket = bucketOf(ms);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
  }

  addAll(counts: TimeCounts): void {
    for (let i = 0; i < counts.length; i++) this.#counts[i] = (this.#counts[i] as number) + (counts[i] as number);
  }

  counts(): TimeCounts {
    return this.#counts.slice(0, this.#counts.findLastIndex((n) => n > 0) + 1);
  }
}

function bucketOf(ms: number): number {
  return ms < LEAST_MS ? 0 : Math.min(BUCKETS - 1, 1 + Math.floor(2 * Math.log2(ms / LEAST_MS)));
}

/** The shortest time that a bucket holds, in milliseconds. */
export function bucketStartMs(bucket: number): number {
  return bucket === 0 ? 0 : LEAST_MS * 2 ** ((bucket - 1) / 2);
}

/** Whether a worker may have told it. */
export function isTimeCounts(value: unknown): value is TimeCounts {
  return (
    Array.isArray(value) && value.length <= BUCKETS && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)
  );
}
