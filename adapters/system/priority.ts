/** The priority of a process that has been started (`--nice`): 0 is usual, 19 the last in line. */
import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * @returns why it cannot be set; undefined when it is set, or the process has gone
 */
export function setNice(pid: number, nice: number): string | undefined {
  try {
    setPriority(pid, nice);
    // On Linux each thread has its own: of those that there are already too. Later ones have it of the thread that starts them.
    for (const thread of threadsOf(pid)) setPriority(thread, nice);
    return undefined;
  } catch (error) {
    const { message, info } = error as Error & { info?: { errno?: number } };
    if (info?.errno === -constants.errno.ESRCH || message.includes("ESRCH")) return undefined;
    return /\(([^()]*)\)\s*$/.exec(message)?.[1] ?? message;
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
