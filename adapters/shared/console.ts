/** Consoles that write to descriptor 1 themselves (Bun, Deno). */

/** What they would print there goes to stderr. */
export function consoleToStderr(): void {
  const names = ["log", "info", "debug", "dir", "dirxml", "table", "group", "count", "timeEnd", "timeLog"] as const;
  for (const name of names) console[name] = (...values: unknown[]) => console.error(...values);
}
