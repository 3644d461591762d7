// Pi, by throwing darts at a square: each number of the range is a throw of a thousand.
//
//   pmap examples/pi.ts --range 1..1000
//   pmap examples/pi.ts --range 1..1000 --seed 7
//
// `ctx.random()` depends on `--seed` and the record only, so the answer is the same at any number of cores.
import type { Context } from "pmap-cli";

const DARTS = 1000;

interface Throws {
  darts: number;
  hits: number;
}

export default function map(_: number, ctx: Context): Throws {
  let hits = 0;
  for (let i = 0; i < DARTS; i++) {
    const x = ctx.random();
    const y = ctx.random();
    if (x * x + y * y < 1) hits++;
  }
  return { darts: DARTS, hits };
}

export function reduce(a: Throws, b: Throws): Throws {
  return { darts: a.darts + b.darts, hits: a.hits + b.hits };
}

export function finish({ darts, hits }: Throws) {
  return { darts, pi: (4 * hits) / darts };
}
