/** What outlives the machine: the bytes of a file that have been brought to the disk. */
import { close, fdatasync, open, readFileSync } from "node:fs";
import { promisify } from "node:util";

const openAsync = promisify(open);
const syncAsync = promisify(fdatasync);
const closeAsync = promisify(close);

/** Resolves when everything that anybody has written to these files is on the disk. Works on the thread pool. */
export async function bringToDisk(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map(bringOne));
}

async function bringOne(path: string): Promise<void> {
  const descriptor = await openAsync(path, "r");
  try {
    await syncAsync(descriptor);
  } finally {
    await closeAsync(descriptor);
  }
}

/** Another one after every start of the machine; where the system has none (not Linux), always the same. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
