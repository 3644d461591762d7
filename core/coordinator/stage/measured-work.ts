/** What a stage's workers measure of themselves, task by task: an answer tells of its own task, whatever became of the others. */
import { NO_STATS, statsSince, sumOfStats, type WorkerStats } from "../../protocol/worker-stats.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

type Measured = Pick<WorkerPool, "told">;

export class MeasuredWork {
  #pool: Measured | undefined;
  #told = NO_STATS;

  /** @returns what the pool's workers have told since the last call; undefined where they do not measure themselves */
  since(pool: Measured): WorkerStats | undefined {
    const { stats } = pool.told;
    if (stats.size === 0) return undefined;
    const before = this.#pool === pool ? this.#told : NO_STATS;
    this.#pool = pool;
    this.#told = [...stats.values()].reduce(sumOfStats, NO_STATS);
    return statsSince(this.#told, before);
  }
}
