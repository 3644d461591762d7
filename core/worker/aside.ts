/** Signs that a worker gives the coordinator in the middle of a request. */
import type { EarlyCut, Pausing, RunningRecord } from "../protocol/messages.ts";
import type { SlowRecordPlace } from "../protocol/slow-record.ts";
import type { Aside } from "./emitters/emitter.ts";

/** A sign for the coordinator's clock, the record that the worker is on, where the batch ends, or whether it pauses. */
export interface TellSign {
  (sign: "heartbeat" | "untimed"): void;
  (sign: "running", at: RunningRecord): void;
  (sign: "cut", at: EarlyCut): void;
  (sign: "pausing", how: Pausing): void;
}

/** What does work that is no record's; with a time limit the coordinator's clock stands still meanwhile. */
export function asideFor(timeoutMs: number | undefined, tell: TellSign): Aside {
  return timeoutMs === undefined ? (work) => work() : createAside(tell);
}

function createAside(tell: TellSign): Aside {
  return (work) => {
    tell("untimed");
    try {
      return work();
    } finally {
      tell("heartbeat");
    }
  };
}

/** @returns a function that ends it */
export function every(
  ms: number,
  after: (delayMs: number, task: () => void) => () => void,
  task: () => void,
): () => void {
  const again = () => {
    task();
    cancel = after(ms, again);
  };
  let cancel = after(ms, again);
  return () => cancel();
}

/** How often the oldest record of an asynchronous batch is looked at. */
const OLDEST_EVERY_MS = 500;

/**
 * Tells now and then which record of an asynchronous batch is the oldest one.
 * @returns a function that ends it
 */
export function tellOldest(
  run: { readonly oldest: SlowRecordPlace | undefined },
  after: (delayMs: number, task: () => void) => () => void,
  tell: TellSign,
): () => void {
  let told: SlowRecordPlace | undefined;
  const look = () => {
    const { oldest } = run;
    if (oldest !== undefined && oldest !== told) {
      const { source, offset, line } = oldest;
      tell("running", { source, offset, line, isNext: false, within: 1 });
    }
    told = oldest;
  };
  return every(OLDEST_EVERY_MS, after, look);
}
