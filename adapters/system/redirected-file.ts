/** The regular file behind a descriptor that we were given, under a name by which workers can open it. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync, type Stats } from "node:fs";
import type { Source } from "../../core/coordinator/job/source.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import { firstBytes } from "./file-stats.ts";

export interface RedirectedFile {
  /** A name under which other processes can open the very same file, also when it has been renamed or deleted. */
  readonly path: string;
  readonly position: number;
  readonly size: number;
  readonly append: boolean;
}

const O_APPEND = 0o2000;

function pathOf(descriptor: number): string {
  return `/proc/${process.pid}/fd/${descriptor}`;
}

/** The regular file behind one of our descriptors, where the system lets us know its position (Linux). */
export function redirectedFile(descriptor: number): RedirectedFile | undefined {
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    const facts = readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8");
    const position = Number(/^pos:\s*(\d+)/m.exec(facts)?.[1]);
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(facts)?.[1] ?? "", 8);
    if (!Number.isFinite(position) || !Number.isFinite(flags)) return undefined;
    const path = pathOf(descriptor);
    // Only the shell's user may open it: then it is read through the descriptor.
    if (descriptor !== 1) closeSync(openSync(path, "r"));
    if (descriptor !== 1 && hasNoSize(path, stats)) return undefined;
    return { path, position, size: stats.size, append: (flags & O_APPEND) !== 0 };
  } catch {
    return undefined;
  }
}

/** Up to so much is quicker read than another program started. */
const READ_THROUGH_BYTES = 1024 * 1024;

/**
 * Moves the position of a redirected stdin to where the workers have stopped reading, for what reads it next
 * (`{ pmap ...; wc -l; } < file`). No runtime can seek a descriptor that it was given, but dd can.
 */
export async function advanceStdin(sources: readonly Source[], runtime: Runtime): Promise<void> {
  const source = sources.find((each) => each.kind === "file" && each.path === pathOf(0));
  if (source?.kind !== "file" || source.compressed !== undefined) return;
  const bytes = source.end - source.begin;
  if (bytes > READ_THROUGH_BYTES) {
    await runtime.runOn("stdin", { argv: ["dd", "of=/dev/null", "bs=1", `skip=${bytes}`, "count=0"] });
    return;
  }
  try {
    const scratch = new Uint8Array(Math.max(1, bytes));
    for (let done = 0; done < bytes; ) {
      const count = readSync(0, scratch, 0, bytes - done, null);
      if (count === 0) return;
      done += count;
    }
  } catch {
    // The output is complete: where stdin stands is a courtesy.
  }
}

/** The size that every file of /sys reports. */
const SYSFS_BYTES = 4096;

/** Whether a file's size says nothing: those of /proc say 0, and made-up ones on other systems may, too. */
export function hasNoSize(path: string, { size }: Stats): boolean {
  if (size === 0) return firstBytes(path, 0, 1) !== "";
  return size === SYSFS_BYTES && /^\/(sys|proc)\//.test(realpathSync(path));
}
