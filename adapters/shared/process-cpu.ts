/** CPU time of this process (Node and Bun). */

/** User and system time of all its threads, in milliseconds. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
