/** What outlives the machine: the bytes of a file that have been brought to the disk. */
import { readFileSync } from "node:fs";

/** Resolves when everything that was written to these files is on the disk. Works on the thread pool. */
export async function bringToDisk(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map(bringOne));
}

async function bringOne(path: string): Promise<void> {
  const { open } = await import("node:fs/promises");
  const file = await open(path, "r");
  try {
    await file.datasync();
  } finally {
    await file.close();
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
