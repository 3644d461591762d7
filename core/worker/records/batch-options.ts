/** How a batch is run, and what with. */

import type { InputPosition } from "../../protocol/input-position.ts";
import type { PoisonRecord, RunningRecord } from "../../protocol/messages.ts";
import type { Script } from "../../script/types.ts";
import type { Aside } from "../emitters/emitter.ts";
import type { WorkerFacts } from "../script/record-context.ts";
import type { Places } from "./places.ts";
import type { StartTurns } from "./start-turns.ts";
import type { YieldPoint } from "./yield-point.ts";

export interface BatchOptions {
  readonly onError: "fail" | "skip";
  /** At most this number of records is read. */
  readonly limit: number;
  /** Where the batch begins. */
  readonly position: InputPosition;
  /** Records that took a worker down before: they are rejects without being tried again. */
  readonly poisoned?: ReadonlyMap<string, PoisonRecord> | undefined;
  /** What looks at the clock between records. */
  readonly yieldPoint?: YieldPoint | undefined;
  /** Whether the batch is no longer than one of asynchronous records should be. */
  readonly isShort?: boolean | undefined;
  /** Whether the batch may end in front of any record, and not only between chunks. */
  readonly splitsChunks?: boolean | undefined;
  /** An asynchronous record that takes longer is a reject; a synchronous one is the coordinator's business. */
  readonly timeoutMs?: number | undefined;
  /** How often a record whose function has thrown is tried again. */
  readonly retryThrows?: number | undefined;
  /** Does what is no record's work: the coordinator's clock does not count it. */
  readonly aside: Aside;
  /** Tells the coordinator which record the worker is on. */
  readonly tellRunning?: ((at: RunningRecord) => void) | undefined;
  /** With `retryThrows`: tells whether nothing of the batch runs, since its records wait for their next attempt. */
  readonly tellPausing?: ((pauses: boolean) => void) | undefined;
  /** Called before, while and after each record runs, when a batch is run again to find out who kills. */
  readonly watch?: RecordWatch | undefined;
  /** What is wrong with a source as a whole, behind "its". Asked while it is being read. */
  readonly damageOf?: ((source: number) => string | undefined) | undefined;
}

export interface RecordWatch {
  started(source: number, offset: number, line: number): void;
  /** The record has given a promise. */
  waits(source: number, offset: number, line: number): void;
  ended(source: number, offset: number): void;
}

export interface BatchTools {
  /** What earlier batches of this worker have shown: an asynchronous script is run as one from the first record on. */
  readonly observed: { asynchronous: boolean };
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly script: Script;
  readonly facts: WorkerFacts;
  readonly places: Places;
  /** Where the coordinator says when records start. */
  readonly turns?: StartTurns | undefined;
  /** Whether a line of a stack is a frame of pmap's own. */
  readonly isOwnFrame: (line: string) => boolean;
}
