/** Workers that die one after the other before their first record: how often another one is started, and after which pause. */
import { JobError } from "../../errors.ts";
import type { Exit } from "../../platform/runtime.ts";
import type { KillReason } from "./death.ts";
import { describeExit, foulOf } from "./worker-errors.ts";

/** The runtime or the setup is broken, not a record. */
const MAX_FAILED = 3;
/** Workers that are killed from outside (by the system, short of memory; by Ctrl-C) have not failed: each is tried after a longer pause. */
const MAX_KILLED = 10;
const FROM_OUTSIDE = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1600;

export class StartAttempts {
  #failed = 0;
  #killed = 0;

  /** A worker is ready for records. */
  succeeded(): void {
    this.#failed = 0;
    this.#killed = 0;
  }

  /** A worker has died before. Says how long to wait before the next one, in milliseconds, or why there is none. */
  died(exit: Exit, reason: KillReason | undefined): { readonly pauseMs: number } | { readonly error: JobError } {
    const foul = foulOf(reason);
    const isKilled = foul === undefined && exit.signal !== null && FROM_OUTSIDE.includes(exit.signal);
    const count = isKilled ? ++this.#killed : ++this.#failed;
    if (count < (isKilled ? MAX_KILLED : MAX_FAILED))
      return { pauseMs: isKilled ? Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1)) : 0 };
    if (foul !== undefined)
      return { error: new JobError(`Cannot start workers: ${foul} when it was loaded or set up`) };
    const how = `${count} in a row ${describeExit(exit)} before their first record`;
    return { error: new JobError(`Cannot start workers: ${how}`) };
  }
}
