/** How long a thread that could run has waited for a core, as Linux tells it: on a busy machine most of what a clock shows. */
import type { ThreadTime } from "../../core/platform/runtime.ts";

/** Of the main thread of this process; undefined where the system does not tell. */
export function readThreadTime(read: (path: string) => string): ThreadTime | undefined {
  try {
    const [ranNs, queuedNs] = read("/proc/self/schedstat").split(" ").map(Number);
    const isTold = ranNs !== undefined && queuedNs !== undefined && ranNs > 0 && queuedNs >= 0;
    return isTold ? { ranMs: ranNs / 1e6, queuedMs: queuedNs / 1e6 } : undefined;
  } catch {
    return undefined;
  }
}
