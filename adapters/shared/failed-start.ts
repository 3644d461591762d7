/** The link of a worker that could not be started. */
import type { Exit, WorkerLink } from "../../core/platform/runtime.ts";

export function deadLink(exited: Promise<Exit>): WorkerLink {
  return {
    port: { send: () => {}, receive: (_, onClosed) => onClosed() },
    pid: undefined,
    exited,
    kill: () => {},
  };
}

/** The exit of a worker that could not be started. */
export function notStarted(reason: string): Exit {
  return { code: null, signal: null, stderrTail: reason };
}
