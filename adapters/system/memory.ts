/** How much memory a process takes. */
import { readFileSync } from "node:fs";

/** Resident bytes of a process; undefined where the system does not tell (it does on Linux). */
export function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    return Number.isFinite(kibibytes) ? kibibytes * 1024 : undefined;
  } catch {
    return undefined;
  }
}
