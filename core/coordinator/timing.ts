/** Waiting, by the clock of the job's environment. */
import type { JobEnvironment } from "./environment.ts";

type After = JobEnvironment["after"];

export function pause(after: After, delayMs: number): Promise<void> {
  return new Promise((resolve) => void after(delayMs, resolve));
}

/** Undefined when it takes longer. No timer is left behind: it would keep a program alive that has ended. */
export async function within<T>(after: After, delayMs: number, promise: Promise<T>): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = after(delayMs, () => resolve(undefined));
  });
  return Promise.race([promise, late]).finally(cancel);
}
