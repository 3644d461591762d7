/** How quick the job is now: what has changed over the last seconds. */

/** How far back the rates look, and how far back what workers do; in milliseconds. */
const WINDOW_MS = 10_000;
const BUSY_MS = 2000;
const SAMPLE_EVERY_MS = 500;

interface Sample extends Sums {
  readonly ms: number;
  /** Milliseconds in which workers were busy, of all of them together. */
  readonly busyMs: number;
}

interface Sums {
  readonly records: number;
  readonly bytesIn: number;
}

export interface Rates {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly busy: number;
}

export class RateWindow {
  #samples: Sample[];
  #busy = 0;
  #busyMs = 0;
  #changedMs: number;

  constructor(nowMs: number) {
    this.#changedMs = nowMs;
    this.#samples = [{ ms: nowMs, records: 0, bytesIn: 0, busyMs: 0 }];
  }

  /** From here on it counts: what an earlier run has done was not done now. */
  begin(nowMs: number, { records, bytesIn }: Sums): void {
    this.#samples = [{ ms: nowMs, records, bytesIn, busyMs: this.#busyMs }];
  }

  /** A worker has got something to do (1), or has no more (-1). */
  busy(change: 1 | -1, nowMs: number): void {
    this.#advance(nowMs);
    this.#busy += change;
  }

  look(nowMs: number, { records, bytesIn }: Sums): Rates {
    this.#advance(nowMs);
    const now = { ms: nowMs, records, bytesIn, busyMs: this.#busyMs };
    const first = this.#samples[0] as Sample;
    const recent = this.#samples.findLast(({ ms }) => nowMs - ms >= BUSY_MS) ?? first;
    const seconds = Math.max(1, nowMs - first.ms) / 1000;
    if (nowMs - (this.#samples.at(-1) as Sample).ms >= SAMPLE_EVERY_MS) this.#samples.push(now);
    while (this.#samples.length > 2 && nowMs - (this.#samples[1] as Sample).ms > WINDOW_MS) this.#samples.shift();
    return {
      recordsPerSecond: (records - first.records) / seconds,
      bytesPerSecond: (bytesIn - first.bytesIn) / seconds,
      busy: (now.busyMs - recent.busyMs) / Math.max(1, nowMs - recent.ms),
    };
  }

  #advance(nowMs: number): void {
    this.#busyMs += this.#busy * (nowMs - this.#changedMs);
    this.#changedMs = nowMs;
  }
}
