// How delays are distributed, in bins of a quarter of an hour.
//
//   pmap examples/histogram.ts examples/data/flights.jsonl
//
import type { Flight } from "./flights.ts";

export const options = { to: "text" };

const MINUTES = 15;

/** Flights by the first minute of their bin. */
type Bins = Record<number, number>;

export const map = (flight: Flight) => Math.floor(flight.delay / MINUTES) * MINUTES;

export const initial: Bins = {};

export function reduce(bins: Bins, bin: number): Bins {
  bins[bin] = (bins[bin] ?? 0) + 1;
  return bins;
}

export function merge(a: Bins, b: Bins): Bins {
  for (const [bin, count] of Object.entries(b)) a[Number(bin)] = (a[Number(bin)] ?? 0) + count;
  return a;
}

/** Lines of text: `--to text` writes a string as it is. */
export function finish(bins: Bins): string {
  const sorted = Object.entries(bins).sort(([a], [b]) => Number(a) - Number(b));
  const most = Math.max(...sorted.map(([, count]) => count));
  return sorted
    .map(([bin, count]) => `${bin.padStart(5)} ${String(count).padStart(6)} ${"#".repeat((count / most) * 50)}`)
    .join("\n");
}
