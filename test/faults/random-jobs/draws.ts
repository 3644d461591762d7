/** Random choices from a seed: the same ones for the same seed, and unlike those of the next. */
import { createRandom } from "../../support/disturb.ts";

export interface Draws {
  /** An integer, both ends included. */
  integer(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  /** Where to cut a length: sorted places, some of them the same. */
  cuts(length: number, most: number): number[];
}

/** @param numbers together they are the seed */
export function createDraws(...numbers: readonly number[]): Draws {
  let state = 0x9e3779b9;
  for (const number of numbers) state = mixed(state ^ mixed(number + 0x85ebca6b));
  const random = createRandom(state);
  const integer = (min: number, max: number) => min + Math.floor(random() * (max - min + 1));
  return {
    integer,
    chance: (probability) => random() < probability,
    pick: (from) => from[integer(0, from.length - 1)] as (typeof from)[number],
    weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
      const entries = Object.entries(weights) as [Name, number][];
      let rest = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) {
        rest -= weight;
        if (rest < 0) return name;
      }
      return (entries[0] as [Name, number])[0];
    },
    cuts: (length, most) => Array.from({ length: integer(0, most) }, () => integer(0, length)).sort((a, b) => a - b),
  };
}

/** Seeds that follow each other give numbers that have nothing in common (the finalizer of MurmurHash3). */
function mixed(number: number): number {
  let hash = number >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
