/**
 * What runs the batches of a job: workers on this machine (local-engine.ts), or a system of many machines (cluster/).
 *
 * How the input is cut, who gets what and what is tried again is the engine's business. The other half of a job (run-job.ts)
 * gets each outcome once, in a slot, and commits them in input order.
 */
import type { Settled } from "./commit/committer.ts";
import type { GroupsOutput } from "./commit/finish-reduce.ts";
import type { EngineEnvironment } from "./environment.ts";
import type { Batch } from "./job/batch.ts";
import type { Job } from "./job/job.ts";
import type { ReorderBuffer } from "./schedule/reorder-buffer.ts";
import type { AskWorker } from "./workers/call-any.ts";
import type { BatchOutcome, DoneOutcome } from "./workers/reply.ts";

/** The half of a job that gets the outcomes, as an engine sees it. */
export interface EngineWork {
  readonly job: Job;
  readonly environment: EngineEnvironment;
  /** An engine admits a batch to it before it is run, and settles its slot with the outcome. */
  readonly buffer: ReorderBuffer<Settled>;
  /** Writes a batch whose output may go ahead of those before it. */
  readonly write: (batch: Batch, outcome: DoneOutcome) => Promise<void> | undefined;
  /** The columns of rows that are printed, where the committed ones have said them. */
  readonly columns: () => readonly string[] | undefined;
}

export type CreateEngine = (work: EngineWork) => Engine;

export interface Engine {
  /** The most workers of this machine; undefined where others run the batches. */
  readonly cores: number | undefined;
  /** The workers that there are, and those that have been started. */
  readonly workers: { readonly now: number; readonly started: number };
  /** Batches, and bytes of them, that may wait for their slot. */
  readonly window: { readonly batches: number; readonly bytes: number };
  /** There may be room in the buffer again. */
  changed(): void;
  /**
   * Gives out the input, from where the job goes on, up to its limit. Resolves when nothing more will be given out: what
   * has been is still settled.
   * @throws what a source says that cannot be read on; everything before it has been given out
   */
  run(): Promise<void>;
  /** Nothing new is given out: what is under way is finished. */
  drain(): void;
  /** The job has failed: of what is under way nothing is of use. */
  lose(): void;
  /** Ends the workers that are busy: output that they keep is asked for again. */
  endBusy(): void;
  /** Runs a batch, all of it, once more: the worker that kept its output is gone. */
  runAgain(batch: Batch): Promise<BatchOutcome>;
  /** Merges the groups of the whole input, where not the answers to batches hold them. */
  readonly finishGroups?: ((output: GroupsOutput) => Promise<void>) | undefined;
  /** Has a request answered that is about no record. */
  readonly ask: AskWorker;
  /** Resolves when such a request would be answered soon. */
  room(): Promise<void>;
  /** Resolves when the script has been loaded somewhere. */
  loaded(): Promise<unknown>;
  /** Never resolves; rejects when the engine cannot go on: the script is broken, or no worker comes up. */
  readonly failed: Promise<never>;
  /** From now on hung and overgrown workers are ended. Call the result at the end of the job. */
  watch(): () => void;
}
