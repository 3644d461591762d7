/** How far a job is on a cluster, besides what its records tell. */
import type { JobEvent } from "../../api/execution.ts";

export interface ClusterSnapshot {
  /** Tasks that are done, and all of them as far as is known. */
  readonly tasks: number;
  readonly tasksPlanned: number | undefined;
  readonly attemptsFailed: number;
  /** Those that are there, and those that have gone. */
  readonly executors: number;
  readonly executorsLost: number;
}

export class ClusterModel {
  #tasks = 0;
  #tasksPlanned: number | undefined;
  #attemptsFailed = 0;
  #executors = 0;
  #executorsLost = 0;

  observe(event: JobEvent): void {
    if (event.type === "tasksPlanned") this.#tasksPlanned = event.tasks;
    else if (event.type === "batchEnded" && event.how === "done") this.#tasks++;
    else if (event.type === "attemptFailed") this.#attemptsFailed++;
    else if (event.type === "executorJoined") this.#executors++;
    else if (event.type === "executorEnded") {
      this.#executors--;
      if (!event.expected) this.#executorsLost++;
    }
  }

  snapshot(): ClusterSnapshot {
    return {
      tasks: this.#tasks,
      tasksPlanned: this.#tasksPlanned,
      attemptsFailed: this.#attemptsFailed,
      executors: this.#executors,
      executorsLost: this.#executorsLost,
    };
  }
}
