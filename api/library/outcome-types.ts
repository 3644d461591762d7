/** What a job tells a program: how far it is, what has failed, what has happened. */
import type { JobStats } from "../job-stats-types.ts";

/** How far a job is, counted where its results have their final place. */
export interface Progress {
  readonly records: number;
  readonly rejected: number;
  /** What has been read of the input, in `unit`: bytes, or numbers of a range. */
  readonly read: number;
  /** All of it; undefined where that is not known before it has been read. */
  readonly total: number | undefined;
  readonly unit: "bytes" | "numbers";
  readonly seconds: number;
}

export type RejectKind = "throw" | "parse" | "output" | "too-long" | "timeout" | "exit" | "signal" | "memory";

/** A record that failed. */
export interface Reject {
  /** The input that it stands in: a file's name, or what stands for the other inputs. */
  readonly source: string;
  /** From 1; of a value of an iterable its number. */
  readonly line: number;
  /** In bytes. */
  readonly offset: number;
  readonly kind: RejectKind;
  readonly message: string;
  /** The script's own frames; "" where there are none. */
  readonly stack: string;
  /** As it stood in the input. */
  readonly record: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly signal?: string;
  readonly exitCode?: number;
}

/** What happened: records = emitted + filtered + rejected. */
export interface Summary {
  readonly records: number;
  /** Records that have emitted something (or have gone into a reduce). */
  readonly emitted: number;
  readonly filtered: number;
  readonly rejected: number;
  readonly rejectsByKind: Readonly<Partial<Record<RejectKind, number>>>;
  /** What the script counted with `ctx.count`. */
  readonly counters: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly seconds: number;
  /** Workers that were started: more than the cores when some died. */
  readonly workers: number;
  readonly warnings: readonly string[];
  /** With the option `stats`: how well the workers were used, as `--stats` has it; times from the start of the job. */
  readonly stats?: JobStats;
}
