/** Sums over time, in a bounded number of bins of one width: it doubles when the time has become too long for them. */

export interface Binned<Key extends string> {
  readonly widthMs: number;
  readonly sums: Readonly<Record<Key, readonly number[]>>;
}

export class TimeBins<Key extends string> {
  readonly #most: number;
  readonly #keys: readonly Key[];
  #widthMs: number;
  #sums: Record<Key, number[]>;

  constructor(keys: readonly Key[], { most, firstMs }: { readonly most: number; readonly firstMs: number }) {
    this.#keys = keys;
    this.#most = most;
    this.#widthMs = firstMs;
    this.#sums = recordOf(keys, () => []);
  }

  /** Adds what has come about evenly from one moment to another. */
  add(startMs: number, endMs: number, parts: Readonly<Record<Key, number>>): void {
    const from = Math.max(0, startMs);
    while (endMs >= this.#widthMs * this.#most) this.#double();
    const ms = endMs - from;
    const last = Math.floor(Math.max(0, endMs) / this.#widthMs);
    for (let bin = Math.min(last, Math.floor(from / this.#widthMs)); bin <= last; bin++) {
      const start = Math.max(from, bin * this.#widthMs);
      const share = ms <= 0 ? 1 : (Math.min(endMs, (bin + 1) * this.#widthMs) - start) / ms;
      for (const key of this.#keys) {
        const sums = this.#sums[key];
        while (sums.length <= bin) sums.push(0);
        sums[bin] = (sums[bin] as number) + parts[key] * share;
      }
      if (ms <= 0) return;
    }
  }

  binned(): Binned<Key> {
    return { widthMs: this.#widthMs, sums: recordOf(this.#keys, (key) => [...this.#sums[key]]) };
  }

  #double(): void {
    this.#widthMs *= 2;
    this.#sums = recordOf(this.#keys, (key) => {
      const sums = this.#sums[key];
      return Array.from({ length: Math.ceil(sums.length / 2) }, (_, i) => (sums[2 * i] ?? 0) + (sums[2 * i + 1] ?? 0));
    });
  }
}

function recordOf<Key extends string, T>(keys: readonly Key[], value: (key: Key) => T): Record<Key, T> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, T>;
}
