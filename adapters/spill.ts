/** The folder for sorted runs. It goes with us, however we go; what a dead pmap has left behind goes with the next. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Guard } from "./guard.ts";

const NAME = /^pmap-(\d+)-/;

export function createSpillFolder(guard: Guard): { readonly path: string; remove(): void } {
  // A whole name: a script may change its worker's folder.
  const folder = resolve(tmpdir());
  removeStale(folder);
  const path = mkdtempSync(join(folder, `pmap-${process.pid}-`));
  guard.own(path);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function removeStale(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Whether there is a process with this number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
