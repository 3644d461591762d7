/** The beginning of a program that runs one job: its runtime, and a worker that is on its way before the options are read. */
import { loadRuntime } from "../adapters/detect.ts";
import { keepCompiled } from "../adapters/node/compile-cache.ts";
import { processSpawn } from "../adapters/spawn-workers.ts";
import type { Runtime, WorkerLink } from "../core/platform/runtime.ts";

export interface EarlyWorker {
  /** The worker, once; undefined when there is none, or it has been taken. */
  take(): WorkerLink | undefined;
  /** What it says goes here, from the first word on. */
  listen(hear: (bytes: Uint8Array) => void): void;
  /** Kills it, unless it has been taken. */
  dismiss(): void;
}

export interface Started {
  readonly runtime: Runtime;
  readonly early: EarlyWorker;
}

/** @param early whether a worker is started: one of the usual kind, a process of this runtime without limits */
export async function start(early: "with a worker" | "without a worker"): Promise<Started> {
  const runtime = await loadRuntime();
  const started = { runtime, early: earlyWorker(runtime, early === "with a worker" ? folderIfAny() : undefined) };
  if (runtime.name === "node") keepCompiled();
  return started;
}

/** @param folder the one that it runs in; undefined for no worker */
export function earlyWorker(runtime: Runtime, folder: string | undefined): EarlyWorker {
  /** What the worker says before the program is there to pass it on. */
  const said: Uint8Array[] = [];
  let hear = (bytes: Uint8Array): void => void said.push(bytes);
  const usual = { maxMemoryBytes: undefined, sandbox: undefined, runtime: runtime.name };
  let link = folder === undefined ? undefined : processSpawn(runtime, { ...usual, folder }, (bytes) => hear(bytes))();
  const take = () => {
    const taken = link;
    link = undefined;
    return taken;
  };
  return {
    take,
    listen(listener) {
      for (const bytes of said.splice(0)) listener(bytes);
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
