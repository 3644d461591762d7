/** How much memory the job takes: this process and its workers, looked at now and then. */
import { residentBytes } from "../adapters/system/memory.ts";

const LOOK_EVERY_MS = 1000;

export class JobMemory {
  #lookedMs = Number.NEGATIVE_INFINITY;
  #bytes: number | undefined;

  /** Resident bytes of this process and of these; undefined where the system does not tell. */
  bytes(pids: readonly number[], nowMs: number): number | undefined {
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return this.#bytes;
    this.#lookedMs = nowMs;
    const own = residentBytes(process.pid);
    this.#bytes = own === undefined ? undefined : pids.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), own);
    return this.#bytes;
  }
}
