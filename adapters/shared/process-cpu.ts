/** CPU time of this process, and what its main thread has had of it (Node and Bun). */

import { readFileSync } from "node:fs";
import type { ThreadTime } from "../../core/platform/runtime.ts";
import { process } from "./own-process.ts";
import { readThreadTime } from "./thread-time.ts";

/** Bound before a script can replace it. */
const cpuUsage = process.cpuUsage.bind(process);

/** User and system time of all its threads, in milliseconds. */
export function processCpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

export function threadTime(): ThreadTime | undefined {
  return readThreadTime((path) => readFileSync(path, "utf8"));
}
