import { childrenOf, textOf } from "../support/proc.ts";

const EVERY_MS = 20;

interface Peaks {
  coordinatorBytes: number;
  largestWorkerBytes: number;
}

/** Watches the resident memory of the processes below `root` until the result is called, which tells the peaks. */
export function watchPeaks(root: number): () => Peaks {
  const peaks: Peaks = { coordinatorBytes: 0, largestWorkerBytes: 0 };
  const look = (): void => {
    for (const pid of descendants(root)) {
      const command = textOf(`/proc/${pid}/cmdline`);
      // The system keeps a process's peak itself: only what happens in its last moments can be missed.
      const bytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
      if (/cli\/main\.js/.test(command)) peaks.coordinatorBytes = Math.max(peaks.coordinatorBytes, bytes);
      else if (/\/worker\.js/.test(command)) peaks.largestWorkerBytes = Math.max(peaks.largestWorkerBytes, bytes);
    }
  };
  const timer = setInterval(look, EVERY_MS);
  return () => {
    clearInterval(timer);
    return peaks;
  };
}

function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
}
