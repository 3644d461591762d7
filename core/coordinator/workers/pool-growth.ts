/** More workers while there is more to do than the present ones get done: a tiny job never pays for a second one. */
import type { WorkerPool } from "./worker-pool.ts";

const GROW_AFTER_MS = 15;

export interface GrowthOptions {
  readonly pool: WorkerPool;
  readonly cores: number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  /** Whether there is, or may be, something that no worker has yet. */
  readonly hasMore: () => boolean;
  /** Whether anything is under way. */
  readonly isBusy: () => boolean;
}

/** @returns a function that ends it */
export function growWhileBusy({ pool, cores, after, hasMore, isBusy }: GrowthOptions): () => void {
  let stop = () => {};
  const watch = () => {
    if (pool.size >= cores) return;
    stop = after(GROW_AFTER_MS, () => {
      if (hasMore() && pool.saturated) pool.grow(Math.min(cores, pool.size * 2));
      if (hasMore() || isBusy()) watch();
    });
  };
  watch();
  return () => stop();
}
