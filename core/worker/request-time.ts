/** How long a request takes, and with `--explain` how much of that its worker had no core. */
import type { WorkerHost } from "../platform/runtime.ts";
import type { Done } from "../protocol/messages.ts";

type Clocks = Pick<WorkerHost, "now" | "threadTime">;

export interface Begun {
  readonly ms: number;
  /** How long the worker had waited for a core by then. */
  readonly queuedMs: number | undefined;
}

/** @param explained otherwise it is not asked for: it takes some microseconds */
export function beginTime(host: Clocks, explained: boolean): Begun {
  return { ms: host.now(), queuedMs: explained ? host.threadTime?.()?.queuedMs : undefined };
}

export function timeSince({ ms, queuedMs: before }: Begun, host: Clocks): Pick<Done, "busyMs" | "queuedMs"> {
  const busyMs = host.now() - ms;
  if (before === undefined) return { busyMs };
  return { busyMs, queuedMs: { before, during: (host.threadTime?.()?.queuedMs ?? before) - before } };
}
