/**
 * A worker before the command line is understood. Nearly every job wants one, and it takes as long to start as we do:
 * side by side, a small job takes hardly more than one start.
 */
import { processSpawn } from "../adapters/spawn-workers.ts";
import type { Runtime, WorkerLink } from "../core/platform/runtime.ts";

export interface PrespawnedWorker {
  /** The worker, once; undefined when there is none, or it has been taken. */
  take(): WorkerLink | undefined;
  /** What it says goes here, from the first word on. */
  listen(hear: (bytes: Uint8Array) => void): void;
  /** Kills it, unless it has been taken. */
  dismiss(): void;
}

/** Flags that ask for another kind of worker, or for none. Found where they only look like flags, they cost some milliseconds. */
const OTHER_WORKERS = /^--(mode|runtime|max-memory|sandbox)(=|$)/;
const NO_WORKERS = /^(--help(=.*)?|--version|--dry-run|-\w*h)$/;
/** First words that are no script (cli/commands.ts, which is not loaded yet). */
const COMMAND = /^(help|completion|doctor|init|peek)$/;

export function prespawn(argv: readonly string[], runtime: Runtime): PrespawnedWorker {
  const [first = "help"] = argv;
  const folder = folderIfAny();
  const isUsual = !COMMAND.test(first) && !argv.some((word) => OTHER_WORKERS.test(word) || NO_WORKERS.test(word));
  let link: WorkerLink | undefined;
  /** What the worker says before the program is there to pass it on. */
  const early: Uint8Array[] = [];
  let hear = (bytes: Uint8Array): void => void early.push(bytes);
  if (folder !== undefined && isUsual) {
    const usual = { maxMemoryBytes: undefined, sandbox: undefined, runtime: runtime.name, folder };
    link = processSpawn(runtime, usual, (bytes) => hear(bytes))();
  }
  const take = () => {
    const taken = link;
    link = undefined;
    return taken;
  };
  return {
    take,
    listen(listener) {
      for (const bytes of early.splice(0)) listener(bytes);
      hear = (bytes) => listener(bytes);
    },
    dismiss: () => take()?.kill(),
  };
}

/** Where it has been deleted, the program says so. */
function folderIfAny(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
