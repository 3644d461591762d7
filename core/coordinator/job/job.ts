/** A job: what to do, complete, with nothing left to decide. */

import { JobError } from "../../errors.ts";
import type { FormatName, Header, InputFormat } from "../../formats/format.ts";
import { type ChunkUse, chunkUse, type Grid } from "../../protocol/chunk-grid.ts";
import type { FailureKind, RecordFailure } from "../../protocol/record-failure.ts";
import { isOneMember, type Source } from "./source.ts";

export interface Job {
  readonly sources: readonly Source[];
  /** What the errors file calls the format of its records. */
  readonly from: FormatName;
  /** How records are found in the sources. */
  readonly input: InputFormat;
  /** Where records are counted: how many there are in all sources together. */
  readonly units: number | undefined;
  /** And behind which of them what a worker decodes in one go ends. */
  readonly unitBorders?: readonly number[] | undefined;
  /** What there is to know of how they are shared out. */
  readonly unitRemark?: string | undefined;
  /** Where sources have headers: that of a stream, from its first bytes; undefined when it goes on behind them. */
  readonly readHeader?: ReadHeader | undefined;
  /** Whether rows are printed whose columns the first record says. */
  readonly findsColumns?: boolean;
  /** Where chunks begin. */
  readonly grid: Grid;
  readonly maxBatchBytes: number;
  /** Of a stream: a block has about this many bytes at most; undefined for all that has arrived. */
  readonly blockBytes?: number | undefined;
  /** After so long a worker leaves the rest of its batch to others, in milliseconds; or after twice what it should have taken. */
  readonly handOnMs: number;
  readonly maxRecordBytes: number;
  readonly ordered: boolean;
  readonly limit: number | undefined;
  readonly to: FormatName;
  readonly cores: number;
  readonly concurrency: number;
  readonly onError: "fail" | "skip";
  readonly maxErrors: MaxErrors | undefined;
  readonly retries: number;
  /** How a script ends its process, for messages: the name of a function. */
  readonly exitCall: string;
  readonly timeoutMs: number | undefined;
  readonly maxMemoryBytes: number | undefined;
  /** A worker is replaced after this number of records. */
  readonly recycle: number | undefined;
  readonly reduces: boolean;
  readonly keyed: boolean;
}

/** How chunks can be told from each other in the output of a job. */
export function chunkUseOf({ reduces, input }: Pick<Job, "reduces" | "input">): ChunkUse {
  return chunkUse({ reduces, chunkIsRecord: input.cut === "line" && input.chunkIsRecord === true });
}

/** Whether there is something that a worker decodes in one go, which should not be cut. */
export function decodesUnits({ unitBorders, sources }: Pick<Job, "unitBorders" | "sources">): boolean {
  return unitBorders !== undefined || sources.some(isOneMember);
}

/** @param complete whether there are no more bytes */
export type ReadHeader = (name: string, bytes: Uint8Array, complete: boolean) => Header | undefined;

export type MaxErrors =
  | { readonly unit: "records"; readonly n: number }
  | { readonly unit: "percent"; readonly n: number };

/** What happened. Every record is in exactly one of emittedFrom, filtered and the rejects. */
export interface Summary {
  records: number;
  emittedFrom: number;
  filtered: number;
  rejected: number;
  readonly rejectsByKind: Map<FailureKind, number>;
  /** The first that this run has met, in input order, in one line. */
  firstReject: string | undefined;
  /** And the first of each kind. */
  readonly firstByKind: Map<FailureKind, string>;
  readonly counters: Map<string, number>;
  /** The slowest records that a clock has seen, the slowest first. */
  readonly slowest: PlacedSlowRecord[];
  /** Workers that were started, more than the cores when some died. */
  workers: number;
  bytesIn: number;
  bytesOut: number;
}

/** One of the slowest records, with its place as a person sees it. */
export interface PlacedSlowRecord {
  readonly sourceName: string;
  readonly line: number;
  readonly offset: number;
  readonly ms: number;
  /** It is one of this number of records, of which the one at this place is the last. */
  readonly within: number;
  /** The number of its source in the job's list. */
  readonly source: number;
  /** Of a stream: how its text begins. */
  readonly head?: Uint8Array | undefined;
}

/** A record has ended the job. */
export class RecordError extends JobError {
  override readonly name = "RecordError";
  readonly reject: PlacedReject;

  constructor(message: string, reject: PlacedReject) {
    super(message, { about: "record" });
    this.reject = reject;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof JobError && "reject" in value;
  }
}

/** A reject with its place as a person sees it. */
export interface PlacedReject {
  readonly sourceName: string;
  readonly line: number;
  readonly failure: RecordFailure;
}
