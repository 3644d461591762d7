/** How stages are started, on this machine and on others. */
import { basename } from "node:path";
import type { StageJob, StageLook, StageTask } from "../../core/coordinator/stage/messages.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { type ArchivedFile, SCRIPT, stageArgv } from "./archive.ts";
import type { ScriptFrames } from "./script-frames.ts";

/** Where the bytes of a task begin, where that is in a file of Hadoop's. */
export type PlaceOf = (task: StageTask | StageLook) => { readonly uri: string; readonly start: number } | undefined;

/** What the stages of a job are started with. */
export interface StageStart {
  readonly job: StageJob;
  readonly runtime: RuntimeName;
  /** The file of that runtime on this machine, where it is known. */
  readonly program: string | undefined;
  /** A program that goes along, and runs stages on other machines. */
  readonly shipped: string | undefined;
  readonly files: readonly ArchivedFile[];
  /** Where the archive is made. */
  readonly archive: string;
  readonly placeOf: PlaceOf;
  /** Finds the script's own places in what stages say; undefined for code from the command line. */
  readonly frames: ScriptFrames | undefined;
}

/** What Spark's driver is told of it. */
export function openMessage({ job, runtime, program, shipped, files, archive }: StageStart): object {
  const script = job.script.url === undefined ? undefined : SCRIPT;
  const argv = stageArgv(runtime, shipped === undefined ? runtime : `shipped:${basename(shipped)}`);
  const localArgv = stageArgv(runtime, program ?? runtime);
  return { type: "open", archive, files, shipped, argv, localArgv, script, keyed: job.terms.keyed };
}
