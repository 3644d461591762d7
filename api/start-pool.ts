/** The job's workers: they are on their way while inputs and outputs are looked at. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isSameConfig } from "../adapters/deno/command.ts";
import { createSpawn } from "../adapters/spawn-workers.ts";
import type { Reaper } from "../adapters/system/reaper.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import type { Observer } from "../core/coordinator/observer.ts";
import { WorkerPool } from "../core/coordinator/workers/worker-pool.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import type { ExecuteOptions } from "./execution.ts";
import { after } from "./job-environment.ts";
import type { JobOptions } from "./options.ts";

export interface PoolTools {
  readonly reaper: Reaper;
  /** The sources of a job whose workers may read nothing else. */
  readonly readable: readonly Source[] | undefined;
  /** What the script is, where its code says so. */
  readonly facts: ScriptFacts | undefined;
  readonly observer: Observer | undefined;
  readonly warn: (message: string) => void;
}

/** A pool whose first worker is on its way. */
export async function startPool(
  plan: JobOptions,
  { runtime, takeStarted, messages, ownsStdout, onProfile }: ExecuteOptions,
  { reaper, readable, facts, observer, warn }: PoolTools,
): Promise<WorkerPool> {
  const folder = folderOf(plan);
  const sandbox = readable && pathsOf(plan, readable);
  const spawn = await createSpawn(runtime, { ...plan, folder, sandbox, ownsStdout, onWarning: warn }, (bytes) =>
    messages.output(bytes),
  );
  const fits = plan.runtime !== "deno" || isSameConfig(folder, plan.script.folder);
  return new WorkerPool({
    spawn: () => {
      const link = (fits ? takeStarted() : undefined) ?? spawn();
      // First the worker gets its script: the reaper takes a millisecond or two to start.
      setImmediate(() => reaper.watch(link));
      return link;
    },
    script: plan.profilePath === undefined ? plan.script : { ...plan.script, keepsLines: true },
    facts,
    text: runtime.text,
    now: () => performance.now(),
    after,
    onWarning: warn,
    onProfile,
    observer,
  });
}

/** The script's folder; of code from the command line the user's. */
export function folderOf({ script }: JobOptions): string {
  return script.url === undefined ? script.folder : dirname(fileURLToPath(script.url));
}

/** The script's folder and the input files. */
function pathsOf(plan: JobOptions, sources: readonly Source[]): string[] {
  const folder = plan.script.url === undefined ? [] : [folderOf(plan)];
  const files = sources.map((source) => (source.kind === "file" ? source.path : source.compressedFile?.path));
  return [...folder, ...files.flatMap((path) => (path === undefined ? [] : [resolve(path)]))];
}
