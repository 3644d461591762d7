/** Whatever a script prints goes to stderr: stdout is the port of a worker, and carries records in the coordinator. */
export function printToStderr(): void {
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
}
