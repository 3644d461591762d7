/** What a report shows of a cluster: executors from when to when, and attempts that failed. */
import type { JobEvent, WorkerPlace } from "../../core/coordinator/observer.ts";

export interface ExecutorLife extends WorkerPlace {
  readonly fromMs: number;
  /** When it was lost, or let go, and why; undefined for one that has stayed. */
  end?: { readonly atMs: number; readonly reason: string };
}

export interface FailedAttempt extends WorkerPlace {
  readonly atMs: number;
  /** At its task, from 1 on. */
  readonly nth: number;
  readonly reason: string;
}

export interface RecordedCluster {
  readonly executors: readonly ExecutorLife[];
  readonly failedAttempts: readonly FailedAttempt[];
}

const MOST_EXECUTORS = 100;
const MOST_ATTEMPTS = 50;
const MOST_REASON_CHARACTERS = 500;

export class ClusterRecording {
  readonly #executors = new Map<string, ExecutorLife>();
  readonly #failedAttempts: FailedAttempt[] = [];

  observe(event: JobEvent, atMs: number): void {
    if (event.type === "executorJoined") {
      const { executor, host } = event;
      if (this.#executors.size < MOST_EXECUTORS) this.#executors.set(executor, { executor, host, fromMs: atMs });
    } else if (event.type === "executorEnded") {
      const life = this.#executors.get(event.executor);
      if (life !== undefined) life.end = { atMs, reason: shortReason(event) };
    } else if (event.type === "attemptFailed" && this.#failedAttempts.length < MOST_ATTEMPTS) {
      const { type: _, ...attempt } = event;
      this.#failedAttempts.push({ ...attempt, atMs, reason: shortReason(event) });
    }
  }

  recorded(): RecordedCluster {
    return { executors: [...this.#executors.values()], failedAttempts: this.#failedAttempts };
  }
}

function shortReason({ reason }: { readonly reason: string }): string {
  return reason.slice(0, MOST_REASON_CHARACTERS);
}
