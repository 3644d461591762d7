// What chunks cost, in milliseconds by index: the same numbers every time.
import { WORK_BYTES_PER_MS } from "./answers.ts";

export interface Costs {
  readonly name: string;
  readonly chunkMs: (chunk: number, chunks: number) => number;
}

const CHUNK_MS = (256 * 1024) / WORK_BYTES_PER_MS;

export const UNIFORM: Costs = { name: "uniform", chunkMs: () => CHUNK_MS };
export const RARE_SLOW: Costs = {
  name: "one in 1,000 is 200 times as slow",
  chunkMs: (chunk) => CHUNK_MS * (random(chunk) < 0.001 ? 200 : 1),
};
/** From all alike to what is hard to share out in order. */
export const COSTS: readonly Costs[] = [
  UNIFORM,
  { name: "uniform within 30 %", chunkMs: (chunk) => CHUNK_MS * (0.7 + 0.6 * random(chunk)) },
  { name: "Pareto, alpha 1.5, up to 300 times the mean", chunkMs: (chunk) => CHUNK_MS * pareto(random(chunk)) },
  {
    name: "the last 2 % are 20 times as slow",
    chunkMs: (chunk, chunks) => CHUNK_MS * (chunk < chunks * 0.98 ? 1 : 20),
  },
  {
    name: "the first 2 % are 20 times as slow",
    chunkMs: (chunk, chunks) => CHUNK_MS * (chunk > chunks * 0.02 ? 1 : 20),
  },
  RARE_SLOW,
];

const ALPHA = 1.5;

/** A heavy tail: most are cheap, few cost most of it all. The mean is about 1. */
function pareto(uniform: number): number {
  return Math.min(300, ((ALPHA - 1) / ALPHA) * (1 - uniform) ** (-1 / ALPHA));
}

/** In [0, 1), by index: mulberry32. */
function random(index: number): number {
  const state = Math.imul(index + 1, 0x6d2b79f5);
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
