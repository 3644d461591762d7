/** Where a job's bytes go: output, errors file, sorted runs, journal; and what becomes of all of them at the end. */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { writeAtStart } from "../adapters/system/file-errors.ts";
import { statsOf } from "../adapters/system/file-stats.ts";
import { createStreamOutput, type Output } from "../adapters/system/output.ts";
import { createFileOutput } from "../adapters/system/output-file.ts";
import { lockOutput } from "../adapters/system/output-lock.ts";
import { fileBehind, namesBeside } from "../adapters/system/output-names.ts";
import type { Reaper } from "../adapters/system/reaper.ts";
import { createSpillFolder } from "../adapters/system/spill-folder.ts";
import { createStdoutOutput } from "../adapters/system/stdout-output.ts";
import type { Journal, JournalEntry } from "../core/coordinator/commit/journal-entries.ts";
import type { OutputStream, Sink } from "../core/coordinator/commit/sinks.ts";
import type { Job, Summary } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import type { FormatName } from "../core/formats/format.ts";
import { outputNamed } from "../core/formats/registry.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { NothingToResume } from "./errors.ts";
import type { Messages } from "./messages.ts";
import type { JobOptions } from "./options.ts";
import { createRejectsFile, type RejectsFile } from "./rejects-file.ts";
import { countText } from "./units.ts";

export interface Destination {
  readonly output: Output;
  readonly rejects: RejectsFile | undefined;
  readonly spillFolder: string | undefined;
  readonly journal: Journal | undefined;
  readonly resumeFrom: JournalEntry | undefined;
  /** The output takes its place. */
  complete(sink: Sink, summary: Summary): Promise<void>;
  /** Nothing is left, except where the same command with `--resume` can go on. */
  leave(how: JobEnd, sink: Sink | undefined): Promise<void>;
}

/** How a job ends that is not complete. `not written`: the output is at fault, not the script or the input. */
export type JobEnd = "failed" | "not written" | "interrupted";

export interface DestinationOptions {
  readonly plan: JobOptions;
  readonly job: Job;
  readonly from: FormatName;
  readonly runtime: Runtime;
  readonly reaper: Reaper;
  readonly version: string;
  readonly messages: Messages;
  /** Where the output goes that goes to no file; undefined for stdout. */
  readonly stream: OutputStream | undefined;
  /** Aborted when the job has ended, or is cancelled: what waits for something is given up. */
  readonly ended: AbortSignal;
}

/**
 * Opens everything that the job writes to.
 * @throws {JobError} for what cannot be written, is being written by another pmap, or cannot be resumed
 */
export async function openDestination(options: DestinationOptions): Promise<Destination> {
  const { plan } = options;
  if (plan.outputPath === undefined) return openStream(options);
  const path = fileBehind(plan.outputPath);
  return openFile(path, { ...options, plan: { ...plan, outputPath: path } });
}

async function openStream(options: DestinationOptions): Promise<Destination> {
  const { plan, job, from, runtime, reaper, stream, ended } = options;
  const output = stream === undefined ? await openStdout(options) : createStreamOutput(stream, runtime);
  const { errorsPath: path } = plan;
  const rejects = path === undefined ? undefined : await createRejectsFile({ path, from, keptBytes: undefined, ended });
  const spill = job.keyed ? createSpillFolder(reaper) : undefined;
  return {
    output,
    rejects,
    spillFolder: spill?.path,
    journal: undefined,
    resumeFrom: undefined,
    async complete(sink) {
      await output.complete(sink);
      spill?.remove();
    },
    async leave(_, sink) {
      await output.abandon(sink);
      spill?.remove();
    },
  };
}

function openStdout({ job, runtime, messages }: DestinationOptions): Promise<Output> {
  return createStdoutOutput(runtime, {
    // A job that waits for a stream may be what another one waits for: it writes through stdout itself.
    mayOwnFile: job.sources.every(({ kind }) => kind === "file"),
    onWait: () => messages.notice("waiting: another pmap is writing to the same file"),
  });
}

/** Why the input cannot be gone back to. */
function whyNotAgain(sources: readonly Source[]): string {
  return hasFile(sources)
    ? "its input is decompressed, decoded or taken apart from its beginning on"
    : "a stream cannot be read again";
}

/** Whether a stream is of what is in a file. */
function hasFile(sources: readonly Source[]): boolean {
  return sources.some(({ kind, name }) => kind === "stream" && statsOf(name)?.isFile() === true);
}

const GROUPS_ARE_THERE =
  "groups are on the machines of the cluster, and gone with the job\nStart it anew: --restart; or, if it has run on this machine, go on with --engine local";

async function openFile(
  path: string,
  { plan, job, from, runtime, version, messages, ended }: DestinationOptions,
): Promise<Destination> {
  const lock = await lockOutput(path);
  let undo = async () => {};
  try {
    const names = namesBeside(path);
    // Of an output of row groups there is nothing to go on with: what is there has no end that tells what is in it.
    const isWhole = outputNamed(job.to).rowGroups === undefined;
    const isHere = plan.engine !== "spark" || !job.keyed;
    const repeatable = isWhole && isHere && job.sources.every(({ kind }) => kind === "file") && job.ordered;
    if (plan.resume && !repeatable) {
      if (!isHere) throw new UsageError(`Cannot resume "${path}" with --engine spark: ${GROUPS_ARE_THERE}`);
      const why = job.ordered
        ? `${whyNotAgain(job.sources)}\nSave it to a file first${hasFile(job.sources) ? ": JSON lines or CSV in UTF-8, not compressed" : ""}`
        : "unordered, nothing tells what is written";
      throw new UsageError(`Cannot resume "${path}": ${why}`, { about: "output" });
    }
    let rejects: RejectsFile | undefined;
    const { openJournal } = await import("./journal-file.ts");
    const errorsBytes = () => rejects?.bytes ?? 0;
    const { sha256 } = runtime;
    const resumable = openJournal({ plan, job, version, sha256, repeatable, errorsBytes });
    const { entry } = resumable;
    if (plan.resume && !resumable.wasInterrupted && existsSync(path)) throw new NothingToResume(path);
    const output = createFileOutput(path, runtime, entry?.position);
    // The work of an interrupted run stays.
    if (entry === undefined) undo = () => output.abandon(undefined);
    if (plan.errorsPath !== undefined)
      rejects = await createRejectsFile({ path: plan.errorsPath, from, keptBytes: entry?.errorsBytes, ended });
    if (entry !== undefined && plan.summary !== "never") {
      const [records] = entry.counts;
      messages.notice(`resuming "${path}": ${countText(records, "record")} ${records === 1 ? "was" : "were"} done`);
    }
    if (job.keyed) {
      writeAtStart(path, () => {
        if (entry === undefined) rmSync(names.runs, { recursive: true, force: true });
        mkdirSync(names.runs, { recursive: true, mode: 0o700 });
      });
    }
    const cleanUp = () => {
      resumable.remove();
      if (job.keyed) rmSync(names.runs, { recursive: true, force: true });
      lock.release();
    };
    let isWritten = false;
    return {
      output,
      rejects,
      spillFolder: job.keyed ? names.runs : undefined,
      journal: resumable.journal,
      resumeFrom: entry,
      async complete(sink) {
        isWritten = true;
        await output.complete(sink);
        cleanUp();
      },
      async leave(how, sink) {
        // Work that an earlier run has done is not lost by a failure of this one.
        const keeps = !isWritten && repeatable && (how !== "failed" || entry !== undefined);
        if (keeps && resumable.hasEntries) {
          output.close();
          messages.notice(goesOn(how));
          lock.release();
          return;
        }
        await output.abandon(sink);
        if (!keeps || !existsSync(path)) return cleanUp();
        if (job.keyed) rmSync(names.runs, { recursive: true, force: true });
        // --resume must not take the older output for this job's.
        resumable.reset();
        lock.release();
      },
    };
  } catch (error) {
    await undo();
    lock.release();
    throw error;
  }
}

function goesOn(how: JobEnd): string {
  return `${how === "interrupted" ? "interrupted" : "the work done is kept"}; the same command with --resume goes on`;
}
