/** How much memory each process had, now and then: a bounded number of looks, farther apart the longer the job takes. */

/** The name of pmap's own process. */
export const COORDINATOR = -1;

export interface MemorySeries {
  readonly atMs: readonly number[];
  /** By worker: bytes at each time; undefined while it was not there. */
  readonly bytes: ReadonlyMap<number, readonly (number | undefined)[]>;
  /** The most that each had when it was looked at. */
  readonly peaks: ReadonlyMap<number, number>;
}

export class MemorySamples {
  readonly #most: number;
  #rows: { readonly atMs: number; readonly bytes: ReadonlyMap<number, number> }[] = [];
  readonly #peaks = new Map<number, number>();
  #everyMs: number;
  #nextMs = 0;

  constructor({ most, everyMs }: { readonly most: number; readonly everyMs: number }) {
    this.#most = most;
    this.#everyMs = everyMs;
  }

  /** Whether it is time for another look. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextMs;
  }

  add(atMs: number, bytes: ReadonlyMap<number, number>): void {
    this.#nextMs = atMs + this.#everyMs;
    for (const [worker, n] of bytes) this.#peaks.set(worker, Math.max(n, this.#peaks.get(worker) ?? 0));
    this.#rows.push({ atMs, bytes });
    if (this.#rows.length <= this.#most) return;
    this.#rows = this.#rows.filter((_, i) => i % 2 === 0);
    this.#everyMs *= 2;
  }

  /** @param mostProcesses those that had the most are shown one by one */
  series(mostProcesses: number): MemorySeries {
    const shown = [...this.#peaks].sort(([, a], [, b]) => b - a).slice(0, mostProcesses);
    const workers = shown.map(([worker]) => worker).sort((a, b) => a - b);
    return {
      atMs: this.#rows.map(({ atMs }) => atMs),
      bytes: new Map(workers.map((worker) => [worker, this.#rows.map(({ bytes }) => bytes.get(worker))])),
      peaks: this.#peaks,
    };
  }
}
