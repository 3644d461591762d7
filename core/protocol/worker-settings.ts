/** What a worker is told once, before its first request: all that stays the same for the job. */
import type { InputSource, NumberRange } from "../formats/codec.ts";
import type { FormatName, FormatOptions } from "../formats/format.ts";
import type { Grid } from "./chunk-grid.ts";
import type { Measures } from "./worker-stats.ts";

export interface WorkerSettings {
  readonly worker: number;
  readonly from: FormatName;
  readonly to: FormatName;
  readonly concurrency: number;
  readonly seed: number;
  readonly maxRecordBytes: number;
  readonly onError: "fail" | "skip";
  readonly args: readonly string[];
  readonly sources: readonly InputSource[];
  /** Integers that a double cannot hold are BigInts. */
  readonly bigints: boolean;
  /** Records are values of a JSON text: what is around them on their lines stood between them. */
  readonly ofValues?: boolean | undefined;
  /** Where a format has flags. */
  readonly formatOptions?: FormatOptions | undefined;
  /** Where the records are its numbers. */
  readonly range: NumberRange | undefined;
  readonly grid: Grid;
  /** What a worker opens to write its chunks to; undefined when the coordinator writes. */
  readonly outputPath: string | undefined;
  /** Outputs up to this size travel with the answer; larger ones stay until a grant. */
  readonly inlineBytes: number;
  readonly timeoutMs: number | undefined;
  /** How often a record whose function has thrown is tried again. */
  readonly retryThrows?: number | undefined;
  /** Set where records start only when the coordinator says so. */
  readonly startLimits?: StartLimits | undefined;
  /** Where sorted runs of a grouped reduce are written. */
  readonly spillFolder: string | undefined;
  readonly spillBytes: number;
  /** Whether a sorted run has the same bytes whenever it is made, and by whichever worker. */
  readonly runsAreRepeatable?: boolean | undefined;
  /** Whether each result of a grouped reduce is printed with its key, also where the script has a `finish`. */
  readonly withKeys?: boolean | undefined;
  /** Whether each record has one value, the array of all that it emits. */
  readonly answersEach?: boolean | undefined;
  /** Whether the worker tells which records it is on. */
  readonly tellsRecords?: boolean | undefined;
  /** Whether what setup has counted is told with the first answer: the worker may never be asked to stop. */
  readonly tellsSetup?: boolean | undefined;
  /** Set when the worker is to measure itself. */
  readonly measures?: Measures | undefined;
  /** Set when the worker is to sample where its time goes in the script. */
  readonly profiles?: ProfileSettings | undefined;
}

export interface ProfileSettings {
  /** Lines of the longest code from the command line; 0 where there is none. */
  readonly codeLines: number;
}

/** What all workers together may do. */
export interface StartLimits {
  /** Records that may start a second. */
  readonly perSecond?: number | undefined;
  /** Records that may be in flight at once. */
  readonly total?: number | undefined;
}
