/** Random faults from a seed: what the storm tests and the random jobs do to a running pmap (Linux). */
import { childrenOf, textOf } from "./proc.ts";

/** The seed of this run: to have the same random numbers again, set PMAP_TEST_SEED to what was printed. */
export const seed = Number(process.env.PMAP_TEST_SEED ?? Date.now() % 1_000_000);

/** A linear congruential generator (Numerical Recipes): numbers in [0, 1), the same ones for the same seed. */
export function createRandom(from: number): () => number {
  let state = from;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Worker processes of a coordinator. */
export function workersOf(coordinator: number): number[] {
  return childrenOf(coordinator).filter((pid) => /\/worker\.[jt]s\b/.test(textOf(`/proc/${pid}/cmdline`)));
}

/** Kills one of these processes with SIGKILL, and returns which; undefined when there is none. */
export function killOne(pids: readonly number[], random: () => number): number | undefined {
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid === undefined) return undefined;
  try {
    process.kill(pid, "SIGKILL");
    return pid;
  } catch {
    // It has just ended by itself.
    return undefined;
  }
}
