/**
 * When a worker dies of a batch: what is tried again, and how, until the record is found that kills.
 *
 * A batch whose worker died is run again with every record announced before it runs. A worker that dies then has named the
 * record. A record that was named as often as `retries` allows is skipped: the worker makes a reject of it without
 * running it, and the rest of the batch goes on. Under `--on-error fail` it is the job's failure.
 *
 * A worker that exits by itself counts from its first death on, unless records wait side by side: who kills workers from
 * outside leaves no exit code.
 */

import { JobError } from "../../errors.ts";
import { type PoisonRecord, poisonKey, type Segment } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";
import type { Death, Suspect } from "./death.ts";
import { type FailedOutcome, NO_COUNTS } from "./reply.ts";
import { describeExit, foulOf } from "./worker-errors.ts";

export interface RetryOptions {
  readonly retries: number;
  readonly timeoutMs: number | undefined;
  /** What a script may have called when its worker has exited. */
  readonly exitCall: string;
  /** Whether a record that kills ends the job, and is told by its line in the segment: no worker is asked about it. */
  readonly failsByLine: boolean;
  /** Whether records of several requests are under way in a worker at the same time. */
  readonly runsTogether: () => boolean;
}

/** Deaths that name no record: beyond this number it is not a record that kills. */
const MAX_UNEXPLAINED_DEATHS = 5;

export class BatchRetries {
  readonly #batch: Batch;
  readonly #options: RetryOptions;
  /** Deaths by record. */
  readonly #deaths = new Map<string, number>();
  #unexplained = 0;
  #firstExitCode: number | null = null;
  /** Records that are skipped, and what is said of each instead. */
  readonly poisoned: Map<string, PoisonRecord>;
  /** Whether records are announced: from the first death on. */
  isolated = false;

  constructor(batch: Batch, options: RetryOptions) {
    this.#batch = batch;
    this.poisoned = new Map(batch.poisoned);
    this.#options = options;
  }

  /**
   * A worker that had the batch has died. It is tried again, unless there is an outcome.
   * @throws {JobError} when workers die of it without running any record
   */
  learn(death: Death): FailedOutcome | undefined {
    if (!death.blamed) return undefined;
    const { suspect } = death;
    const outcome = suspect === undefined ? this.#unnamed(death) : this.#named(death, suspect);
    this.isolated = true;
    return outcome;
  }

  #unnamed(death: Death): undefined {
    if (!this.isolated) {
      if (death.alone || !this.#options.runsTogether()) this.#firstExitCode = death.exit.code;
    } else if (death.reason === "message" || ++this.#unexplained > MAX_UNEXPLAINED_DEATHS) {
      throw diedWithout(this.#batch, death);
    }
  }

  #named(death: Death, suspect: Suspect): FailedOutcome | undefined {
    const { retries, failsByLine } = this.#options;
    const key = poisonKey(suspect.source, suspect.offset);
    const count = (this.#deaths.get(key) ?? 0) + 1;
    this.#deaths.set(key, count);
    const { code } = death.exit;
    // Of records that wait side by side, another one may have been the first to exit.
    const exitsAgain =
      code !== null && code === this.#firstExitCode && death.reason === undefined && suspect.waits !== true;
    if (count + (exitsAgain ? 1 : 0) < Math.max(1, retries)) return undefined;
    this.#firstExitCode = null;
    const skipped = skippedBy(death, count + 1, this.#options);
    if (failsByLine) return failedAt(suspect, skipped);
    this.poisoned.set(key, skipped);
    return undefined;
  }
}

/** The job's failure by a record that no worker survives. */
function failedAt({ source, offset, line }: Suspect, skipped: PoisonRecord): FailedOutcome {
  const failure = { ...skipped, source, offset, line, raw: "", stack: "" };
  return {
    tag: "failed",
    failed: { type: "failed", id: 0, failure, counts: NO_COUNTS, message: "", stack: "", internal: false },
  };
}

function skippedBy(
  { exit, reason }: Death,
  attempts: number,
  { timeoutMs, exitCall }: Pick<RetryOptions, "timeoutMs" | "exitCall">,
): PoisonRecord {
  const how = { attempts, exitCode: exit.code ?? undefined, signal: exit.signal ?? undefined };
  if (reason === "timeout") return { kind: "timeout", message: `map took longer than ${timeoutMs} ms`, attempts };
  if (reason === "memory" || OUT_OF_MEMORY.test(exit.stderrTail)) {
    return { ...how, kind: "memory", message: "map ran out of memory" };
  }
  const foul = foulOf(reason);
  if (foul !== undefined) return { kind: "exit", message: foul, attempts };
  if (exit.signal !== null) return { ...how, kind: "signal", message: `map's worker was ended by ${exit.signal}` };
  return { ...how, kind: "exit", message: `the script called ${exitCall}(${exit.code}), or the like, on this record` };
}

const OUT_OF_MEMORY = /out of memory|heap limit|allocation failed|ENOMEM/i;

function diedWithout(batch: Batch, { exit, reason }: Death): JobError {
  const { source, start } = batch.segments[0] as Segment;
  const how = foulOf(reason) ?? `the workers that got them ${describeExit(exit)} while no record ran`;
  return new JobError(`Cannot run the records from offset ${start} of input ${source + 1} on: ${how}`);
}
