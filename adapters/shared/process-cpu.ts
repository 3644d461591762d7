/** CPU time of this process, and what its main thread has had of it (Node and Bun). */
import { readFileSync } from "node:fs";
import type { ThreadTime } from "../../core/platform/runtime.ts";
import { readThreadTime } from "./thread-time.ts";

/** User and system time of all its threads, in milliseconds. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function threadTime(): ThreadTime | undefined {
  return readThreadTime((path) => readFileSync(path, "utf8"));
}
