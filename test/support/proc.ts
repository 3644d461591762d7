/** What Linux tells of processes. They come and go while we look: what is gone is empty. */
import { readdirSync, readFileSync } from "node:fs";

/** Which of its threads has started a process is the runtime's business. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) => textOf(`/proc/${pid}/task/${thread}/children`).split(" "))
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The words of its command line, with NULs between them. */
export function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`);
}

/** How many of them were still there. */
export function killAll(pids: readonly number[]): number {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, "SIGKILL");
    } catch {
      return false;
    }
  }).length;
}
