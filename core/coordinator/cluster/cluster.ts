/** What an engine of many machines asks of the system that has them. */
import type { Done, Failed } from "../../protocol/messages.ts";
import type { StageTask } from "../stage/messages.ts";

/** A stage's answer to a task; in the body its output, then what stands in the body of its `done`. */
export interface TaskAnswer {
  readonly head: Done | Failed;
  readonly body: readonly Uint8Array[];
}

export type ClusterTask = StageTask;

export interface Cluster {
  /** Tasks that it runs at once, as far as is known now. */
  readonly slots: number;
  /** Resolves when `slots` is known, and tasks can be run. */
  readonly ready: Promise<void>;
  /** Stages that have answered. */
  readonly stages: number;
  /**
   * Has tasks run, each of them as often as it takes, and tells its answer once, in any order. Resolves when all are answered.
   * @throws {JobError} when one of them cannot be run
   */
  run(tasks: readonly ClusterTask[], onAnswer: (answer: TaskAnswer) => void): Promise<void>;
  /** What is under way is not wanted any longer: none of it is answered. */
  cancel(): void;
  /** Never resolves; rejects when the cluster has gone. */
  readonly failed: Promise<never>;
}

/** Keeps bytes of sorted runs, as they come from stages. */
export type KeepRuns = (pieces: readonly Uint8Array[]) => { readonly path: string; readonly start: number };
