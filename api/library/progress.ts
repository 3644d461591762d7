/** How far a job is, told to the program now and then. */
import type { Observer } from "../execution.ts";
import type { Progress } from "./outcome-types.ts";

/** The program is told at most so often, in milliseconds, and once at the end. No timer: nothing is told while nothing is done. */
const EVERY_MS = 100;

export interface ProgressTeller {
  readonly observer: Observer;
  /** Tells it for the last time. */
  end(): void;
}

export function createProgress(tell: (progress: Progress) => void): ProgressTeller {
  const startMs = performance.now();
  let toldMs = startMs;
  let done = { records: 0, rejected: 0, read: 0 };
  let planned: Pick<Progress, "total" | "unit"> = { total: undefined, unit: "bytes" };
  return {
    observer(event) {
      if (event.type === "planned") {
        const { total, unit, done: before } = event.plan;
        planned = { total, unit };
        done = { records: before.records, rejected: 0, read: before.bytesIn };
      } else if (event.type === "committed") {
        const { records, rejected, bytesIn } = event;
        done = {
          records: done.records + records,
          rejected: done.rejected + rejected,
          read: done.read + bytesIn,
        };
        if (performance.now() - toldMs >= EVERY_MS) tellNow();
      }
    },
    end: tellNow,
  };

  function tellNow(): void {
    toldMs = performance.now();
    tell({ ...done, ...planned, seconds: (toldMs - startMs) / 1000 });
  }
}
