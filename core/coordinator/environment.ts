/** What a job needs from outside. */
import type { InputFile } from "../platform/runtime.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import type { Journal, JournalEntry } from "./commit/journal-entries.ts";
import type { Packing } from "./commit/packed-sink.ts";
import type { Sink } from "./commit/sinks.ts";
import type { PlacedReject } from "./job/job.ts";
import type { Observer } from "./observer.ts";

/** What a job needs from outside core, besides its pool. */
export interface JobEnvironment {
  /** Where bytes go; of an output that is compressed, what comes of the compression. */
  readonly sink: Sink;
  /** What is made of the output before it is written, if anything is. */
  readonly packing?: Packing | undefined;
  /** Calls `task` after `delayMs` unless cancelled. */
  readonly after: (delayMs: number, task: () => void) => () => void;
  /** Resolves when no new batch may be given out: a signal, or a reader that has gone. */
  readonly drain: Promise<void>;
  /** Never resolves; rejects, with what the job then fails with, when its results are not wanted. */
  readonly cancelled?: Promise<never> | undefined;
  readonly now: () => number;
  /** Resident bytes of a process, where the system tells. */
  readonly residentBytes: (pid: number) => number | undefined;
  readonly openInput: (path: string) => InputFile;
  /** Where commits are noted, when the job can be resumed; and what an earlier run has noted. */
  readonly journal: Journal | undefined;
  readonly resumeFrom: JournalEntry | undefined;
  readonly text: TextCodec;
  /** Resolves when the machine can take another batch. */
  readonly spare: () => Promise<void> | undefined;
  /** What the user is to know, and the job goes on: said once for each message. */
  readonly onWarning: (message: string) => void;
  /** Rejects are told in input order as their batches are committed. Resolves when they are written. */
  readonly onRejects: (rejects: readonly PlacedReject[]) => Promise<void> | undefined;
  /** Hears what the job does, where anything listens. */
  readonly observer?: Observer | undefined;
}

/** The part of it that an engine sees: what commits has the rest. */
export type EngineEnvironment = Pick<
  JobEnvironment,
  | "packing"
  | "after"
  | "now"
  | "residentBytes"
  | "openInput"
  | "resumeFrom"
  | "text"
  | "spare"
  | "observer"
  | "onWarning"
>;
