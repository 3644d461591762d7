/** What a worker tells beside its replies, and what becomes of it. */
import type { Exit } from "../../platform/runtime.ts";
import type { CpuProfile } from "../../protocol/call-tree.ts";
import type { InputPosition } from "../../protocol/input-position.ts";
import type { FromWorker, RunningRecord, Stray } from "../../protocol/messages.ts";
import type { WorkerStats } from "../../protocol/worker-stats.ts";

export interface WorkerEvents {
  /** It may have room: a request is answered, or an output written. */
  answered(): void;
  /** Once, when the worker is gone, after every request has been answered. */
  gone(exit: Exit): void;
  /** Something has failed in it that no record can be blamed for. */
  stray(failure: Stray): void;
  /** Which record of this request it is on. */
  running(id: number, at: RunningRecord): void;
  /** It would start more records, and some have ended. */
  asks(starts: number, ended: number, batch: InputPosition | undefined): void;
  /** Where its time in the script went since it told last. */
  profiled(profile: CpuProfile): void;
  /** What a worker that measures itself has told last. */
  measured(stats: WorkerStats): void;
}

/** Passes on what a message says that answers nothing. */
export function tellEvents(message: FromWorker, events: Partial<WorkerEvents>): void {
  if ("stats" in message && message.stats !== undefined) events.measured?.(message.stats);
  switch (message.type) {
    case "running":
      events.running?.(message.id, message);
      break;
    case "asks":
      events.asks?.(message.starts, message.ended, message.batch);
      break;
    case "profiled":
      events.profiled?.(message.profile);
      break;
    case "stray":
      events.stray?.(message);
      break;
    default:
      break;
  }
}
