/** What an engine of many machines asks of the system that has them. */
import type { Key } from "../../script/types.ts";
import type { HeldPiece } from "../commit/elsewhere.ts";
import type { StageDone, StageFailed, StageLook, StageRange, StageTask } from "../stage/messages.ts";

/** What is run on one of its slots. */
export type ClusterTask = StageTask | StageLook | StageRange;

/** One of the times that a task is run. */
export interface Attempt {
  /** Its number among all. */
  readonly attempt: number;
  /** What runs it, by its name, and the machine that it is on. */
  readonly executor: string;
  readonly host: string;
}

/** What a cluster tells beside answers: of its executors, and of attempts. Those that are answered do not end otherwise. */
export type ClusterEvent =
  /** `slots` is how many tasks it runs at once. */
  | { readonly type: "executorJoined"; readonly executor: string; readonly host: string; readonly slots: number }
  /** It is lost, unless that is `expected`: the cluster has let go of it, because it had nothing to do. */
  | { readonly type: "executorEnded"; readonly executor: string; readonly expected: boolean; readonly reason: string }
  | ({ readonly type: "attemptBegun"; readonly task: ClusterTask } & Attempt)
  /** The task is tried again; `nth` counts from 1. */
  | ({ readonly type: "attemptFailed"; readonly nth: number; readonly reason: string } & Attempt)
  /** Another one was faster, or the task is not wanted any longer. */
  | { readonly type: "attemptDropped"; readonly attempt: number };

/** A stage's answer to a task; in the body its output, then what stands in the body of its `done`. */
export interface TaskAnswer {
  readonly head: StageDone | StageFailed;
  /** The attempt that has come to it, where the cluster tells of attempts. */
  readonly by?: Attempt | undefined;
  readonly body: readonly Uint8Array[];
  /** Of a task with a key: what its sorted runs are known by, which stay on the machine that has made them. */
  readonly kept?: string | undefined;
  /** Where the output stays on the cluster: the name of the file that it is in, if there is any. Then the body has none. */
  readonly part?: string | undefined;
  /** Where the cluster holds the output until it is fetched, or rejects: what it is known by. Then the body has no output. */
  readonly held?: string | undefined;
}

/** A machine has gone with an output that it held. */
export class OutputLost extends Error {
  override readonly name = "OutputLost";
}

/** How sorted runs are brought together where their ranges are merged. */
export interface Shuffle {
  /** Keys at which they are cut: there is one range more. */
  readonly cuts: readonly Key[];
  /** By task: what its runs are known by. A machine that makes them again must make the same. */
  readonly kept: readonly string[];
}

export interface Cluster {
  /** Tasks that it runs at once, as far as is known now. */
  readonly slots: number;
  /** Resolves when `slots` is known, and tasks can be run. */
  readonly ready: Promise<void>;
  /** Stages that have answered. */
  readonly stages: number;
  /**
   * Has tasks run, each of them as often as it takes, and tells its answer once, in any order. Resolves when all are answered.
   * Looks come before all tasks. Tasks with a key come in the order of their numbers, from 0 on; ranges behind their shuffle, in
   * any part and order.
   * @throws {JobError} when one of them cannot be run
   */
  run(tasks: readonly ClusterTask[], onAnswer: (answer: TaskAnswer) => void): Promise<void>;
  /**
   * Lets go of what it holds of a task, piece by piece, as they are asked for.
   * @throws {OutputLost} before the first piece, or behind another
   */
  fetch(held: string): AsyncIterable<HeldPiece>;
  /** Says how the sorted runs of all tasks are brought together. */
  shuffle(shuffle: Shuffle): void;
  /** What is under way is not wanted any longer: none of it is answered. */
  cancel(): void;
  /** Never resolves; rejects when the cluster has gone. */
  readonly failed: Promise<never>;
}
