/**
 * The watchdog: the coordinator's clock over its workers, and the eye on their memory. It only kills; what becomes of
 * the batch is run-batch.ts's business.
 */
import type { WorkerHandle } from "./worker-handle.ts";

export interface WatchdogOptions {
  readonly handles: () => readonly WorkerHandle[];
  readonly now: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  /** A worker that runs records and gives no sign of life for this long is ended. */
  readonly timeoutMs: number | undefined;
  /** A process that takes more than this is ended. */
  readonly maxResidentBytes: number | undefined;
  /** Resident bytes of a process, where the system tells. */
  readonly residentBytes: (pid: number) => number | undefined;
}

const MEMORY_EVERY_MS = 100;

/** Starts watching; call the result to stop. */
export function startWatchdog(options: WatchdogOptions): () => void {
  const { handles, now, after, timeoutMs, maxResidentBytes, residentBytes } = options;
  if (timeoutMs === undefined && maxResidentBytes === undefined) return () => {};
  const byTimeout = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Math.max(5, timeoutMs / 8);
  const everyMs = Math.min(byTimeout, maxResidentBytes === undefined ? Number.POSITIVE_INFINITY : MEMORY_EVERY_MS);
  let lastMs = now();
  let cancel = after(everyMs, tick);
  return () => cancel();

  function tick(): void {
    const nowMs = now();
    // While a tick is late no worker has been heard: we were stopped (Ctrl-Z), or too busy to listen.
    const lateMs = Math.max(0, nowMs - lastMs - everyMs);
    lastMs = nowMs;
    for (const handle of handles()) {
      handle.lastHeardMs += lateMs;
      if (timeoutMs !== undefined && handle.runsRecords && nowMs - handle.lastHeardMs > timeoutMs)
        handle.kill("timeout");
      else if (takesTooMuch(handle)) handle.kill("memory");
    }
    cancel = after(everyMs, tick);
  }

  function takesTooMuch({ link: { pid } }: WorkerHandle): boolean {
    if (maxResidentBytes === undefined || pid === undefined) return false;
    return (residentBytes(pid) ?? 0) > maxResidentBytes;
  }
}
