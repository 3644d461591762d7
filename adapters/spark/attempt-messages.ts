/** What Spark's driver says of executors and of attempts (java/dev/pmap/spark/Listener.java), and how it is told. */
import type { Attempt, ClusterEvent, ClusterTask } from "../../core/coordinator/cluster/cluster.ts";

export type FromListener =
  /** The task at this place of a wave, from 0 on. */
  | ({ readonly type: "begun"; readonly wave: number; readonly index: number } & Attempt)
  | ({ readonly type: "dropped" } & Attempt)
  | ({ readonly type: "attempt"; readonly nth: number; readonly reason: string } & Attempt)
  | { readonly type: "executor"; readonly executor: string; readonly host: string; readonly slots: number }
  | { readonly type: "lost"; readonly executor: string; readonly expected: boolean; readonly reason: string };

interface Hearing {
  /** What only a user is told who wants to know more. */
  readonly onDetail: (message: string) => void;
  readonly onEvent: (event: ClusterEvent) => void;
}

/** Undefined for a task that is not wanted any longer. */
type TaskAt = (wave: number, index: number) => ClusterTask | undefined;

export function listenerHearing({ onDetail, onEvent }: Hearing, taskAt: TaskAt): (message: FromListener) => void {
  return (message) => {
    const text = textOf(message);
    if (text !== undefined) onDetail(text);
    const event = eventOf(message, taskAt);
    if (event !== undefined) onEvent(event);
  };
}

function eventOf(message: FromListener, taskAt: TaskAt): ClusterEvent | undefined {
  switch (message.type) {
    case "begun": {
      const task = taskAt(message.wave, message.index);
      return task && { ...message, type: "attemptBegun", task };
    }
    case "dropped":
      return { ...message, type: "attemptDropped" };
    case "attempt":
      return { ...message, type: "attemptFailed" };
    case "executor":
      return { ...message, type: "executorJoined" };
    case "lost":
      return { ...message, type: "executorEnded" };
  }
}

function textOf(message: FromListener): string | undefined {
  if (message.type === "lost")
    return `executor ${message.executor} ${message.expected ? "has ended" : "is lost"}: ${message.reason}`;
  if (message.type !== "attempt") return undefined;
  const { nth, host, executor, reason } = message;
  return `attempt ${nth} at a task has failed on ${host} (executor ${executor}), and Spark tries again: ${reason}`;
}
