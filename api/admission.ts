/** `--min-free` and `--max-load`: no new work while the machine is short of memory or busy with other things. */
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

interface OsUtils {
  /** MiB that can be had without swapping. */
  freemem(): number;
  loadavg(minutes: 1 | 5 | 15): number;
}

export interface PressureOptions {
  readonly minFreeBytes: number | undefined;
  /** Processes that want a core, averaged over a minute. */
  readonly maxLoad: number | undefined;
  /** Says why nothing new is started, once each time. */
  readonly onWait: (reason: string) => void;
  /** And when something new is started again. */
  readonly onRoom: () => void;
  /** Aborted when the job has ended: the wait is over. */
  readonly ended: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/** Makes a function that resolves when there is room; undefined when there is now. */
export function createSpare({
  minFreeBytes,
  maxLoad,
  onWait,
  onRoom,
  ended,
}: PressureOptions): () => Promise<void> | undefined {
  if (minFreeBytes === undefined && maxLoad === undefined) return () => undefined;
  const os = createRequire(import.meta.url)("os-utils") as OsUtils;
  let lookedMs = Number.NEGATIVE_INFINITY;

  return () => {
    if (performance.now() - lookedMs < LOOK_EVERY_MS) return undefined;
    lookedMs = performance.now();
    const reason = shortage();
    return reason === undefined ? undefined : wait(reason);
  };

  function shortage(): string | undefined {
    const freeBytes = os.freemem() * 1024 * 1024;
    if (minFreeBytes !== undefined && freeBytes < minFreeBytes)
      return `${mebibytes(freeBytes)} of memory are free, --min-free wants ${mebibytes(minFreeBytes)}`;
    const load = os.loadavg(1);
    if (maxLoad !== undefined && load > maxLoad) return `the load is ${load.toFixed(1)}, --max-load allows ${maxLoad}`;
    return undefined;
  }

  async function wait(first: string): Promise<void> {
    onWait(first);
    while (shortage() !== undefined) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => {});
      if (ended.aborted) return;
    }
    onRoom();
  }
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 ** 2)}M`;
}
